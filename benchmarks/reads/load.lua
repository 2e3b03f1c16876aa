-- Requests from a file of "path<TAB>token<TAB>etag" lines, one after the other; what is no 2xx or 304 is counted.
-- With a second argument they are POSTs of it.
local lines, at, threads = {}, 0, {}
function setup(thread) table.insert(threads, thread) end
function init(args)
  for line in io.lines(args[1]) do
    local path, token, tag = line:match("([^\t]*)\t([^\t]*)\t?(.*)")
    local headers = { ["Authorization"] = "Bearer " .. token }
    if tag ~= "" then headers["If-None-Match"] = tag end
    if args[2] then headers["Content-Type"] = "application/json" end
    table.insert(lines, wrk.format(args[2] and "POST" or "GET", path, headers, args[2]))
  end
  math.randomseed(7)
  at, bad = math.random(#lines), 0
end
function request() at = at % #lines + 1; return lines[at] end
function response(status) if (status < 200 or status > 299) and status ~= 304 then bad = bad + 1 end end
function done(summary, latency)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("bad") end
  io.write(string.format("RESULT %.1f %.3f %.3f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    wrong + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
