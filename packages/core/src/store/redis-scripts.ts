/**
 * What runs inside Redis, sent whole with EVAL: one round trip, also after a restart that forgot every script. Each
 * names all its keys. PX and the log's expiry count on Redis's clock.
 */

/** KEYS: the entries. ARGV: value and ttl for each. */
export const SET_MANY = `
for i = 1, #KEYS do
  local value, ttl = ARGV[i * 2 - 1], ARGV[i * 2]
  if ttl == '0' then redis.call('SET', KEYS[i], value) else redis.call('SET', KEYS[i], value, 'PX', ttl) end
end
return 1`;

/** KEYS: the entry. ARGV: value, ttl. Answers what is there, or nil when it wrote. (SET NX GET needs Redis 7.) */
export const SET_IF_ABSENT = `
local there = redis.call('GET', KEYS[1])
if there then return there end
if ARGV[2] == '0' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return false`;

/**
 * Adds to a log, a stream, and answers the entry's ID. Every append drops up to two expired entries from the front,
 * and the whole log ends with its last entry.
 */
const APPEND_FUNCTION = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function append(log, value, ttl)
  for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 2)) do
    local expires = tonumber(entry[2][2])
    if expires == 0 or expires > now then break end
    redis.call('XDEL', log, entry[1])
  end
  local left = redis.call('PTTL', log)
  local expires = ttl == '0' and '0' or string.format('%.0f', now + ttl)
  local id = redis.call('XADD', log, '*', 'expires', expires, 'value', value)
  if ttl == '0' then
    if left >= 0 then redis.call('PERSIST', log) end
  elseif left ~= -1 and left < tonumber(ttl) then
    redis.call('PEXPIRE', log, ttl)
  end
  return id
end`;

/** KEYS: the log. ARGV: value, ttl. */
export const APPEND: string = `${APPEND_FUNCTION}
return append(KEYS[1], ARGV[1], ARGV[2])`;

/**
 * KEYS: the entry, then a log for each line. ARGV: what is expected and how: "" "absent", the whole raw form "whole",
 * or the start of it that an expiry may follow "start"; then "set" or "delete", raw value, ttl; then value and ttl of
 * each line. Answers 1 when it wrote.
 */
export const COMPARE_AND_SET: string = `${APPEND_FUNCTION}
local there, expected = redis.call('GET', KEYS[1]), ARGV[1]
if ARGV[2] == 'absent' then
  if there then return 0 end
elseif not there then
  return 0
elseif ARGV[2] == 'whole' then
  if there ~= expected then return 0 end
elseif there ~= expected .. '}' then
  local next = expected .. ',"expires":'
  if string.sub(there, 1, #next) ~= next then return 0 end
end
for i = 2, #KEYS do append(KEYS[i], ARGV[i * 2 + 2], ARGV[i * 2 + 3]) end
if ARGV[3] == 'delete' then redis.call('DEL', KEYS[1])
elseif ARGV[5] == '0' then redis.call('SET', KEYS[1], ARGV[4])
else redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) end
return 1`;

/** KEYS: the log. ARGV: lowest and highest ID, limit, "1" for newest first. Answers IDs and values in turn. */
export const RANGE = `
local low, high, limit, reverse = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
while #found < limit * 2 do
  local size = limit - #found / 2
  local page
  if reverse then page = redis.call('XREVRANGE', KEYS[1], high, low, 'COUNT', size)
  else page = redis.call('XRANGE', KEYS[1], low, high, 'COUNT', size) end
  for _, entry in ipairs(page) do
    local expires = tonumber(entry[2][2])
    if expires == 0 or expires > now then
      found[#found + 1] = entry[1]
      found[#found + 1] = entry[2][4]
    end
    if reverse then high = '(' .. entry[1] else low = '(' .. entry[1] end
  end
  if #page < size then break end
end
return found`;
