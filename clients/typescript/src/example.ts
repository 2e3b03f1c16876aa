// From nothing to a found passage: `npm run build && STRAND_URL=http://127.0.0.1:8000 node build/example.js`
import { Refused, done, finished, strand } from "./client.js";

const address = process.env["STRAND_URL"] ?? "http://127.0.0.1:8000";
const account = { email: `nell-${Date.now()}@example.com`, password: "correct horse battery" };

const anybody = strand(address);
done(await anybody.POST("/api/v1/auth/register", { body: { ...account, display_name: "Nell Harrow" } }));
const tokens = done(await anybody.POST("/api/v1/auth/login", { body: account }));
const client = strand(address, tokens.access_token);

const project = done(
  await client.POST("/api/v1/projects", { body: { title: "How sailors found their longitude", platform: "youtube" } }),
);
const path = { project_id: project.id };
const text = "In 1714 Parliament offered a prize for finding the longitude at sea. A clockmaker won most of it.";
const added = done(
  await client.POST("/api/v1/projects/{project_id}/sources", {
    params: { path, header: { "Idempotency-Key": `notes-${project.id}` } },
    body: { kind: "text", role: "reference", title: "Notes on the prize", text },
  }),
);
await finished(client, added.job);

const found = done(
  await client.GET("/api/v1/projects/{project_id}/search", { params: { path, query: { q: "longitude prize" } } }),
);
const first = found.items[0];
if (first === undefined) throw new Error("nothing was found");
console.log(`${first.source_title}: ${first.text}`);

try {
  done(await anybody.GET("/api/v1/projects"));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.log(`Without a token: ${error.status} ${error.body.code}`);
}
