-- Sends requests that were written beforehand, one after the other, and prints what came of it as one line of JSON.
-- LOGLESS_REQUESTS: a file of requests, each behind its length as a line of decimal digits.
-- LOGLESS_MARK, LOGLESS_FIRST: where in each a running number goes, and with which it begins; in the header
-- X-Forwarded-For it is written as an address.
local requests, count, at = {}, 0, 0
local mark, number = os.getenv("LOGLESS_MARK"), tonumber(os.getenv("LOGLESS_FIRST") or "0")

local function read(path)
  local file = assert(io.open(path, "rb"))
  while true do
    local line = file:read("*l")
    if not line then break end
    count = count + 1
    requests[count] = file:read(tonumber(line))
  end
  file:close()
end

-- A number as a global address, in the networks 31.0.0.0/8 and on.
local function address(n)
  return string.format("%d.%d.%d.%d", 31 + math.floor(n / 16777216) % 64, math.floor(n / 65536) % 256,
    math.floor(n / 256) % 256, n % 256)
end

local function cut(text)
  local parts, from = {}, 1
  while true do
    local first, last = text:find(mark, from, true)
    if not first then break end
    parts[#parts + 1] = text:sub(from, first - 1)
    from = last + 1
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

function init()
  read(os.getenv("LOGLESS_REQUESTS"))
  if mark then
    for index = 1, count do requests[index] = cut(requests[index]) end
  end
end

function request()
  at = at % count + 1
  if not mark then return requests[at] end
  number = number + 1
  local parts, told = requests[at], string.format("%08d", number)
  -- Spread over networks, so that one that is full says nothing of the others.
  local text = parts[1] .. address(number * 2654435761 % 1073741824)
  for index = 2, #parts do text = text .. (index > 2 and told or "") .. parts[index] end
  return text
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.4f,"p99":%.4f,"p999":%.4f,"longest":%.4f,' ..
    '"refused":%d,"broken":%d}',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
