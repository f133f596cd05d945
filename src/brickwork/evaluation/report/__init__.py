"""An evaluation as a report: text, HTML and JSON."""
