-- Has wrk post the file named after `--` on its command line, and print its figures as one line of JSON.
local body

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  body = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, file:read("*a"))
  file:close()
end

function request()
  return body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "not_ok": %d, "socket_errors": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
