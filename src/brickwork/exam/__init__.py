"""Exams about a network: questions from its arithmetic, and sheets of them. Pure Python."""

from brickwork.exam.question import Choice, Question
from brickwork.exam.quiz import Quiz, quiz

__all__ = ["Choice", "Question", "Quiz", "quiz"]
