"""`POST /api/v2/query`."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

from dashboards.desk import Ask
from dashboards.form import read_body
from dashboards.stats.answer import Rows, write_answer
from dashboards.stats.crashes import answer_crashes
from dashboards.stats.question import ForeignError, Question, QuestionError, read_question
from dashboards.stats.refused import answer_refusals
from dashboards.stats.visits import answer_visits
from ingest.site import Site

LONGEST: Final = 64 * 1024


async def query(ask: Ask) -> Response:
    """Answer a question of the Stats API."""
    assert ask.token is not None
    body = await read_body(ask.request, LONGEST)
    try:
        question = read_question(body, ask.token, ask.desk.sites, ask.desk.apps, ask.desk.dimensions, ask.now)
        found = await _answer(ask, question)
    except ForeignError:
        return JSONResponse({"error": "the token does not cover that site_id or app_id"}, 401)
    except QuestionError as error:
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse(write_answer(question, found, ask.now))


async def _answer(ask: Ask, question: Question) -> Rows:
    if question.is_about_refusals:
        return await answer_refusals(ask.desk.refusals, question)
    if isinstance(question.owner, Site):
        return await answer_visits(ask.desk.figures, question.owner, question)
    return await answer_crashes(ask.desk.reports, question.owner, question)
