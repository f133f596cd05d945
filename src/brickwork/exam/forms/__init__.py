"""A quiz as a sheet: in Markdown, as a page for a browser or a printer, and in Moodle's GIFT."""

from brickwork.exam.forms.gift import gift_text
from brickwork.exam.forms.html import html_sheet
from brickwork.exam.forms.markdown import markdown_sheet

FORMS = {"markdown": markdown_sheet, "html": html_sheet, "gift": gift_text}

__all__ = ["FORMS", "gift_text", "html_sheet", "markdown_sheet"]
