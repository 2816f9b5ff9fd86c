-- wrk -s wrk.lua URL -- FILE: asks for the paths of FILE in turn, and prints one line of figures at the end:
-- RESULT requests microseconds bytes bad-answers broken-connections p50 p99 longest (microseconds)
local requests, turn = {}, 0

function init(args)
    for path in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", path)
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    io.write(string.format("RESULT %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        summary.errors.status, broken, latency:percentile(50), latency:percentile(99), latency.max))
end
