"""`/v1.0/jobs`."""

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, page
from dialplane.api.jobs.schemas import JobAnswer, JobCreate, JobList, present
from dialplane.control import jobs

JOBS = Resource("/v1.0/jobs", tag="jobs", kind="job", answer=JobAnswer)


@JOBS.verb("list")
async def list_jobs(request: AuthenticatedRequest, query: JobList) -> Response:
    async with request.read() as unit:
        found = await jobs.list_(unit, request.actor, **query.listing())
    return await page([request.services.runner.latest(job) for job in found], present)


@JOBS.endpoint("POST", summary="Start a job", permission="job.create", answer=JobAnswer)
async def create_job(request: AuthenticatedRequest, body: JobCreate) -> Response:
    async with request.read() as unit:
        work = await body.work(unit, request.actor)
    job = await request.services.runner.start(request.author(), body.kind, body.parameters, work)
    return JsonResponse(present(job))


@JOBS.endpoint("GET", "/{id}", summary="Get a job, with its progress", permission="job.get", answer=JobAnswer)
async def get_job(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        job = await jobs.get(unit, request.actor, id_)
    return JsonResponse(present(request.services.runner.latest(job)))


@JOBS.endpoint(
    "POST",
    "/{id}/cancel",
    summary="Cancel a job; one that is over stays as it is",
    permission="job.cancel",
    answer=JobAnswer,
    refuses=[reasons.JOB_ELSEWHERE],
)
async def cancel_job(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        job = await jobs.get(unit, request.actor, id_)
    return JsonResponse(present(await request.services.runner.cancel(job)))
