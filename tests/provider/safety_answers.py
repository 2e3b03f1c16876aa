"""What a model is made to say of a script, and the job that asks it."""

import json

from app.features.safety import tasks
from tests.provider.engines import engine_worker, enqueue, task

CHECK = task("engines.check_script", tasks.check_script, 7)
SAID = "He kept his watch in a box. You will regret the day you crossed me. The tide came in."
FINDING = {
    "source": "N2", "quote": "You will regret the day you crossed me.", "clause": "youtube-advertiser/violence",
    "level": "limited", "severity": "high", "confidence": 0.8, "rationale": "It is a threat.", "suggestion": "",
}  # fmt: skip


def says(schema, answer, **more):
    """The model's answer to every question of this form."""
    return {"contains": schema, "times": None, "action": {"do": "text", "text": json.dumps(answer)}, **more}


def reading(*findings):
    return says("PolicyReading", {"findings": [{**FINDING, **one} for one in findings]})


def judging(*judgements):
    blank = {"claim": 1, "verdict": "not_found", "source": "", "quote": "", "why": "So it is."}
    return says("ClaimJudgements", {"judgements": [{**blank, **one} for one in judgements]})


def checker(settings, name, url, **change):
    return engine_worker(settings, name, url, {CHECK.name: CHECK}, **change)


async def run_check(resources, creator, project, script):
    given = {"script_id": script, "version": None, "policy_packs": None}
    return await enqueue(resources, creator, CHECK, project, **given)
