"""A quiz as one page of HTML, to be shown or printed; the key begins a page of its own."""

from html import escape

from brickwork.exam.forms.words import GENERATOR, RULES, command, mistakes, origin
from brickwork.exam.question import LETTERS, Question
from brickwork.exam.quiz import Quiz

CSS = """
@page { size: A4; margin: 15mm 18mm }
:root { color-scheme: light }
* { box-sizing: border-box }
body { background: #fff; color: #1f2328; font: 11.5pt/1.45 "Liberation Serif", Georgia, "Times New Roman", serif;
  margin: 2.5em auto; max-width: 46em; padding: 0 1.5em }
h1 { font-size: 1.75em; line-height: 1.2; margin: 0 0 .15em }
.origin, .rules, footer { color: #57606a }
.origin { margin: 0 } .rules { font-style: italic; margin: .6em 0 1.2em }
.blanks { border-bottom: 2px solid #1f2328; border-top: 2px solid #1f2328; display: flex; gap: 2em;
  padding: .8em 0 .7em }
.blanks span { align-items: baseline; display: flex; flex: 1; gap: .5em } .blanks span:first-child { flex: 2.5 }
.blanks i { border-bottom: 1px solid #57606a; flex: 1; height: 1.1em }
ol { list-style: none; margin: 1.6em 0 0; padding: 0 }
.question { break-inside: avoid; display: grid; gap: 0 .8em; grid-template-columns: 1.8em 1fr; margin: 0 0 1.5em }
.number { font-weight: bold; text-align: right } .question p { margin: 0 0 .55em }
code { background: #f3f4f6; border-radius: 3px; font: .84em "Liberation Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; padding: .1em .3em }
.options { display: grid; gap: .35em 1.5em; grid-template-columns: repeat(4, 1fr) }
.options.long { grid-template-columns: repeat(2, 1fr) }
.answers div { align-items: baseline; display: flex; gap: .5em; white-space: nowrap }
.answers b { border: 1px solid #57606a; border-radius: 50%; flex: none;
  font: .75em "Liberation Sans", Arial, sans-serif; height: 1.75em; line-height: 1.65em; text-align: center;
  width: 1.75em }
.key { break-before: page; border-top: 2px solid #1f2328; margin-top: 4em; padding-top: 2em }
.key li { break-inside: avoid; display: grid; gap: 0 .8em; grid-template-columns: 1.8em 1.4em 1fr; margin: 0 0 .9em }
.key p { margin: 0 } .key .wrong { color: #57606a; font-size: .9em }
.key code { background: none; padding: 0 } .letter { font-weight: bold }
footer { border-top: 1px solid #d0d7de; font-size: .85em; margin-top: 2em; padding-top: .6em }
@media print { body { font-size: 10.5pt; line-height: 1.35; margin: 0; max-width: none; padding: 0 }
  .question { margin-bottom: 1.25em } .key { border: 0; margin: 0; padding: 0 } }
"""
LONG = 13  # characters of an answer from which two stand in a line


def html_sheet(quiz: Quiz) -> str:
    """The whole document: it needs no other file and no network."""
    questions = "\n".join(question_html(number, each) for number, each in enumerate(quiz.questions, 1))
    keys = "\n".join(key_html(number, each) for number, each in enumerate(quiz.questions, 1))
    title = escape(quiz.title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="generator" content="{GENERATOR}">\n<style>{CSS}</style>\n</head>\n<body>\n'
        f'<h1>{title}</h1>\n<p class="origin">{escape(origin(quiz))}</p>\n<p class="rules">{escape(RULES)}</p>\n'
        f'<div class="blanks"><span>Name <i></i></span><span>Date <i></i></span>'
        f"<span>Points <i></i> / {len(quiz.questions)}</span></div>\n<ol>\n{questions}\n</ol>\n"
        f'<section class="key">\n<h1>Key to {title}</h1>\n<ol>\n{keys}\n</ol>\n'
        f"<footer>Made by <code>{escape(command(quiz))}</code></footer>\n</section>\n</body>\n</html>\n"
    )


def question_html(number: int, question: Question) -> str:
    row = f"<code>{escape(question.path)}</code> " if question.path else ""
    long = " long" if max(len(answer.text) for answer in question.answers) >= LONG else ""
    answers = "".join(
        f"<div><b>{letter}</b>{escape(answer.text)}</div>"
        for letter, answer in zip(LETTERS, question.answers, strict=True)
    )
    return (
        f'<li class="question"><span class="number">{number}.</span><div><p>{row}{escape(question.text)}</p>'
        f'<div class="options{long}">{answers}</div></div></li>'
    )


def key_html(number: int, question: Question) -> str:
    wrong = "; ".join(f"{letter}: {escape(mistake)}" for letter, mistake in mistakes(question))
    right = escape(question.answers[question.key].text)
    return (
        f'<li><span class="number">{number}.</span><span class="letter">{question.letter}</span><div><p>{right}: '
        f'<code>{escape(question.arithmetic)}</code></p><p class="wrong">{wrong}.</p></div></li>'
    )
