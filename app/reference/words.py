"""What the document says of tags, of parameters, and of answers, once for all routes."""

DESCRIPTION = """The pre-production partner of people who make videos that explain something: from past work and sources \
to a script that sounds like its creator, whose every claim can be traced.

Strings are trimmed; a field that is not named here is refused; in PATCH what is missing stays and null clears. Times are \
RFC 3339 in UTC, ids are UUIDs, money is a decimal string of US dollars. A span counts Unicode code points, its end \
exclusive. Whatever takes a model, a file or time answers 202 with a job, at the address in `Location`; with an \
`Idempotency-Key` the same request again answers the same job. Every error is an `ErrorBody`."""

TAGS = {
    "accounts": "Who you are: accounts, sign-ins, keys for programs.",
    "projects": "One video in preparation.",
    "sources": "Your past work, material about the topic, and stories: files, pages, text, recordings.",
    "search": "Words and meaning, found in a project's sources.",
    "dna": "Your voice, measured: profiles, and how near a text is to one.",
    "research": "Briefs: claims with the quotes that carry them.",
    "chat": "Questions to a project's sources.",
    "structures": "Outlines and hooks to choose from; ideas checked against what you have.",
    "scripts": "Scripts, their versions, revisions and exports.",
    "repurposing": "A script as a short, a post, a letter or a thread.",
    "safety": "Checks of a script against policies and sources; the packs that they are made of.",
    "memory": "What is remembered for all projects: feedback, preferences, audiences, materials, templates.",
    "jobs": "Work that goes on in the background: its state, its events, its end.",
    "usage": "What models have cost, and what a job would.",
    "operations": "For operators: everybody's jobs, workers, providers.",
    "health": "Whether the service is well.",
    "webhooks": "Addresses of yours that are told of what happens.",
}

PARAMETERS = {
    "action": "Only what is called so, such as `sign_in.failed`.",
    "actor_id": "Only what this account did.",
    "delivery_id": "The delivery.",
    "export_id": "The export.",
    "check_id": "The safety check.",
    "finding_id": "The finding, of this check.",
    "format": "The form of the file.",
    "from": "Where it begins.",
    "group_by": "What to add up by.",
    "key_id": "The key for programs.",
    "kind": "Only jobs of this kind, such as `scripts.write_script`.",
    "mode": "How to search: by words, by meaning, or by both.",
    "number": "The version's number, from 1.",
    "order_by": "The field to order by.",
    "owner_id": "Only those of this account.",
    "profile_id": "The DNA profile.",
    "project_id": "The project.",
    "provider": "The provider, such as `openai`.",
    "role": "Only sources of this role.",
    "search": "Only those whose title has these words.",
    "sort_order": "Ascending or descending.",
    "source_id": "The source.",
    "status": "Only those in this state.",
    "target_id": "Only about this one.",
    "target_type": "Only about things of this type.",
    "to": "Where it ends.",
    "token": "From the address that `start_upload` gave.",
    "upload_id": "The upload.",
    "waits_for": "Only jobs that wait for this, such as `provider`.",
}
"""By name; of what is not here, such as `audience_id`, it is said that it is the audience."""

ANSWERS = {
    "200": "Done.",
    "201": "Made.",
    "202": "Accepted: a job does it, at the address in `Location`.",
    "204": "Done; there is nothing to say.",
    "304": "Nothing has changed since the ETag that was sent.",
}

HEADERS = {
    "ETag": ("The revision: for `If-None-Match` and `If-Match`.", '"3"'),
    "Location": ("Where it is.", "/api/v1/jobs/0197a3c0-a561-7452-870c-e6b3bebd1dd0"),
    "Retry-After": ("Seconds to wait before the next try.", "30"),
    "WWW-Authenticate": ("What to sign in with.", "Bearer"),
    "Content-Disposition": ("The file's name.", 'attachment; filename="script.md"'),
}

REFUSALS = {
    "400": ("invalid_request", "The request is not valid: title: is missing", [{"field": "title", "message": "is missing"}]),
    "401": ("unauthenticated", "Send an access token: `Authorization: Bearer ...`, from /api/v1/auth/login.", []),
    "403": ("missing_scope", "This key has no scope `write`; make one that has.", []),
    "404": ("not_found", "There is no such project.", []),
    "409": ("conflict", "Only a version that is the head can be edited; the head is 4.", []),
    "412": ("precondition_failed", 'It was changed since you read it; its ETag is now "3". Read it again, then change it.', []),
    "413": ("too_large", "The body is too large.", []),
    "415": ("unsupported_media_type", "Send the body as application/json.", []),
    "422": ("unprocessable", "There is nothing to analyse: the project has no ready source.", []),
    "429": ("too_many_requests", "Too much at once; try again in 30 seconds.", []),
    "503": ("unavailable", "The database can't be reached; try again in a moment.", []),
}  # fmt: skip
"""By status: a code, a sentence and the fields, as an example."""

STREAM = """id: 3
event: progress
data: {"progress": 0.4, "stage": "draft_section"}

event: delta
data: {"text": "Cook carried a copy "}

id: 9
event: end
data: {"status": "succeeded"}

"""
