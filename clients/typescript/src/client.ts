// A client for Strand's API: every path, body and answer is typed by schema.ts, which is generated from the document.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];
export type Strand = Client<paths>;

/** What the API refused: its status, a sentence to act on, and a code to program against. */
export class Refused extends Error {
  constructor(readonly status: number, readonly body: Schemas["ErrorBody"]) {
    super(`${status} ${body.code}: ${body.detail}`);
  }
}

/** A client for this address; with a token (or a key for programs) it acts for an account. */
export function strand(baseUrl: string, token?: string): Strand {
  return createClient<paths>({ baseUrl, headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
}

/** The answer's body, or `Refused`. */
export function done<T>(answer: { data?: T; error?: unknown; response: Response }): NonNullable<T> {
  if (answer.data === undefined || answer.data === null) {
    throw new Refused(answer.response.status, answer.error as Schemas["ErrorBody"]);
  }
  return answer.data;
}

/** The job, once it has ended well. */
export async function finished(client: Strand, job: Schemas["JobRead"], seconds = 60): Promise<Schemas["JobRead"]> {
  const giveUp = Date.now() + seconds * 1000;
  let now = job;
  while (now.status === "queued" || now.status === "running") {
    if (Date.now() > giveUp) throw new Error(`job ${job.id} is still ${now.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = done(await client.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: job.id } } }));
  }
  if (now.status !== "succeeded") throw new Error(`job ${job.id}: ${now.error?.message ?? now.status}`);
  return now;
}
