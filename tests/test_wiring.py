"""What was discovered, pinned: a new route or task shows up in review."""

import subprocess
import sys

from app.config import Settings
from app.features import feature_modules
from app.main import controllers, create_app
from app.shared.jobs import TASKS

ROUTES = """
DELETE /api/v1/admin/lanes/{provider}
DELETE /api/v1/audiences/{audience_id}
DELETE /api/v1/dna-profiles/{profile_id}
DELETE /api/v1/materials/{material_id}
DELETE /api/v1/policy-packs/{pack_id}
DELETE /api/v1/preferences/{preference_id}
DELETE /api/v1/projects/{project_id}
DELETE /api/v1/projects/{project_id}/chat
DELETE /api/v1/repurposings/{repurposing_id}
DELETE /api/v1/research/{research_id}
DELETE /api/v1/safety-checks/{check_id}
DELETE /api/v1/scripts/{script_id}
DELETE /api/v1/sources/{source_id}
DELETE /api/v1/structures/{structure_id}
DELETE /api/v1/templates/{template_id}
DELETE /api/v1/users/me
DELETE /api/v1/users/me/api-keys/{key_id}
DELETE /api/v1/users/me/exports/{export_id}
DELETE /api/v1/users/me/sessions/{session_id}
DELETE /api/v1/users/me/totp
DELETE /api/v1/webhooks/{webhook_id}
GET /api/v1/admin/audit
GET /api/v1/admin/jobs
GET /api/v1/admin/jobs/{job_id}
GET /api/v1/admin/lanes
GET /api/v1/admin/workers
GET /api/v1/audiences
GET /api/v1/audiences/{audience_id}
GET /api/v1/dna-profiles
GET /api/v1/dna-profiles/{profile_id}
GET /api/v1/dna-profiles/{profile_id}/compare
GET /api/v1/dna-profiles/{profile_id}/export
GET /api/v1/feedback
GET /api/v1/frameworks
GET /api/v1/health
GET /api/v1/health/live
GET /api/v1/health/ready
GET /api/v1/jobs
GET /api/v1/jobs/{job_id}
GET /api/v1/jobs/{job_id}/events
GET /api/v1/materials
GET /api/v1/materials/{material_id}
GET /api/v1/policy-packs
GET /api/v1/policy-packs/{pack_id}
GET /api/v1/preferences
GET /api/v1/preferences/{preference_id}
GET /api/v1/projects
GET /api/v1/projects/{project_id}
GET /api/v1/projects/{project_id}/chat
GET /api/v1/projects/{project_id}/dna-profiles
GET /api/v1/projects/{project_id}/idea-checks
GET /api/v1/projects/{project_id}/research
GET /api/v1/projects/{project_id}/scripts
GET /api/v1/projects/{project_id}/search
GET /api/v1/projects/{project_id}/sources
GET /api/v1/projects/{project_id}/structures
GET /api/v1/repurposings/{repurposing_id}
GET /api/v1/research/{research_id}
GET /api/v1/safety-checks/{check_id}
GET /api/v1/scripts/{script_id}
GET /api/v1/scripts/{script_id}/diff
GET /api/v1/scripts/{script_id}/export
GET /api/v1/scripts/{script_id}/repurposings
GET /api/v1/scripts/{script_id}/safety-checks
GET /api/v1/scripts/{script_id}/safety-export
GET /api/v1/scripts/{script_id}/versions
GET /api/v1/scripts/{script_id}/versions/{number}
GET /api/v1/sources/{source_id}
GET /api/v1/sources/{source_id}/chunks
GET /api/v1/sources/{source_id}/original
GET /api/v1/sources/{source_id}/poster
GET /api/v1/sources/{source_id}/speakers
GET /api/v1/sources/{source_id}/text
GET /api/v1/sources/{source_id}/waveform
GET /api/v1/structures/{structure_id}
GET /api/v1/templates
GET /api/v1/templates/{template_id}
GET /api/v1/usage
GET /api/v1/users
GET /api/v1/users/me
GET /api/v1/users/me/api-keys
GET /api/v1/users/me/exports
GET /api/v1/users/me/exports/{export_id}
GET /api/v1/users/me/sessions
GET /api/v1/users/me/totp
GET /api/v1/users/{user_id}
GET /api/v1/webhooks
GET /api/v1/webhooks/{webhook_id}
GET /api/v1/webhooks/{webhook_id}/deliveries
PATCH /api/v1/audiences/{audience_id}
PATCH /api/v1/dna-profiles/{profile_id}
PATCH /api/v1/materials/{material_id}
PATCH /api/v1/policy-packs/{pack_id}
PATCH /api/v1/preferences/{preference_id}
PATCH /api/v1/projects/{project_id}
PATCH /api/v1/safety-checks/{check_id}/findings/{finding_id}
PATCH /api/v1/scripts/{script_id}
PATCH /api/v1/sources/{source_id}
PATCH /api/v1/sources/{source_id}/speakers
PATCH /api/v1/templates/{template_id}
PATCH /api/v1/users/me
PATCH /api/v1/users/{user_id}
PATCH /api/v1/webhooks/{webhook_id}
POST /api/v1/admin/drain
POST /api/v1/admin/jobs/{job_id}/cancel
POST /api/v1/admin/jobs/{job_id}/replay
POST /api/v1/admin/jobs/{job_id}/retry
POST /api/v1/audiences
POST /api/v1/auth/login
POST /api/v1/auth/logout
POST /api/v1/auth/password-reset
POST /api/v1/auth/password-reset/confirm
POST /api/v1/auth/refresh
POST /api/v1/auth/register
POST /api/v1/auth/verify
POST /api/v1/auth/verify/request
POST /api/v1/dna-profiles/import
POST /api/v1/dna-profiles/{profile_id}/match
POST /api/v1/feedback
POST /api/v1/jobs/{job_id}/cancel
POST /api/v1/jobs/{job_id}/retry
POST /api/v1/jobs/{job_id}/ticket
POST /api/v1/materials
POST /api/v1/policy-packs
POST /api/v1/preferences
POST /api/v1/projects
POST /api/v1/projects/{project_id}/chat
POST /api/v1/projects/{project_id}/dna-profiles
POST /api/v1/projects/{project_id}/estimates
POST /api/v1/projects/{project_id}/idea-checks
POST /api/v1/projects/{project_id}/reembed
POST /api/v1/projects/{project_id}/research
POST /api/v1/projects/{project_id}/scripts
POST /api/v1/projects/{project_id}/sources
POST /api/v1/projects/{project_id}/sources/file
POST /api/v1/projects/{project_id}/structures
POST /api/v1/projects/{project_id}/uploads
POST /api/v1/scripts/{script_id}/changes
POST /api/v1/scripts/{script_id}/repurposings
POST /api/v1/scripts/{script_id}/restore
POST /api/v1/scripts/{script_id}/revisions
POST /api/v1/scripts/{script_id}/safety-checks
POST /api/v1/scripts/{script_id}/versions
POST /api/v1/sources/{source_id}/ingest
POST /api/v1/sources/{source_id}/subtitles
POST /api/v1/structures/{structure_id}/select
POST /api/v1/templates
POST /api/v1/users/me/api-keys
POST /api/v1/users/me/exports
POST /api/v1/users/me/password
POST /api/v1/users/me/totp
POST /api/v1/users/me/totp/confirm
POST /api/v1/webhooks
POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay
POST /api/v1/webhooks/{webhook_id}/secret
POST /api/v1/webhooks/{webhook_id}/test
PUT /api/v1/policy-packs/{pack_id}
PUT /api/v1/uploads/{upload_id}/content
""".strip().splitlines()


def test_the_routes_are_these():
    document = create_app(Settings()).openapi_schema.to_schema()

    found = sorted(f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item)

    assert found == ROUTES


def test_every_route_has_an_operation_a_summary_and_its_errors_in_the_contracts_form():
    document = create_app(Settings()).openapi_schema.to_schema()
    operations = [operation for item in document["paths"].values() for operation in item.values()]

    assert document["openapi"].startswith("3.1")
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["description"], operation["operationId"]
        for status, answer in operation["responses"].items():
            if status in {"401", "404", "409", "422"}:
                assert answer["content"]["application/json"]["schema"]["$ref"].endswith("ErrorBody"), operation[
                    "operationId"
                ]


def test_the_tasks_are_these():
    list(feature_modules("tasks"))

    assert sorted(TASKS) == [
        "accounts.send_mail",
        "chat.answer_message",
        "dna.build_profile",
        "exports.export_account",
        "repurposing.repurpose_script",
        "research.research",
        "safety.check_script",
        "scripts.revise_script",
        "scripts.write_script",
        "search.reembed_project",
        "sources.ingest_source",
        "structures.check_idea",
        "structures.make_structures",
        "webhooks.deliver",
    ]


def test_every_feature_with_a_controller_is_found():
    assert {controller.__module__.split(".")[2] for controller in controllers()} == {
        "accounts", "chat", "dna", "exports", "jobs", "memory", "operations", "projects", "repurposing", "research", "safety", "scripts", "search", "sources", "structures", "uploads", "usage", "webhooks",
    }  # fmt: skip


def test_what_only_some_need_is_not_loaded_with_the_doors():
    """Model providers' libraries cost over a second and 80 MB, each of the others 5 to 19 MB: of the queue's drivers the one
    that the settings name is loaded when the door opens."""
    spared = ("openai", "anthropic", "pydantic", "psycopg", "redis", "charset_normalizer", "docx", "av")
    open_both = "import sys, app.config, app.main, app.worker.run; app.main.create_app(app.config.Settings())"
    code = f"{open_both}; print([m for m in {spared} if m in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


def test_nothing_but_the_document_is_served_beside_our_own_reference():
    """Litestar's pages would load scripts from other hosts."""
    served = {route.path for route in create_app(Settings()).routes if route.path.startswith(("/schema", "/docs"))}

    assert served == {
        "/docs", "/docs/reference.js", "/docs/reference.css", "/docs/assets/{name:str}",
        "/schema", "/schema/openapi.json", "/schema/{path:str}",
    }  # fmt: skip
