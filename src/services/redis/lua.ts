/** Lines of INFO that are the same on every machine. */
const SHOWN =
  'redis_version redis_mode valkey_version server_name arch_bits loading async_loading role connected_slaves maxmemory maxmemory_policy cluster_enabled aof_enabled'.split(
    ' ',
  );

/**
 * What of Redis hangs on its machine's clock or on chance, said in terms of the run, as Lua within
 * the engine: in a library for commands, also those that wait for EXEC, and before the text of each
 * script.
 *
 * # Deadlines lie far ahead
 * The engine's clock is not the run's, so it may never expire anything itself: a deadline of the
 * run is written as one some 3,000 years later, and taken away when the run's clock has come to
 * it. What tells a deadline takes them off again.
 */
const CORE = `
local FAR = 1e14
local function word(v) return type(v) == 'number' and string.format('%.17g', v) or v end
local function up(v) return v and string.upper(word(v)) end
local us = 0
local function now() return math.floor(us / 1000) end
local function due(v, unit, later)
  local n = string.match(word(v) or '', '^-?%d+$') and tonumber(v)
  if not n or later and n <= 0 then return nil end
  local ms = n * unit + (later and now() or 0)
  if ms > now() then return string.format('%.0f', FAR + ms) end
  return n > 0 and '1' or nil
end
local UNITS = { EX = { 1000, true }, PX = { 1, true }, EXAT = { 1000 }, PXAT = { 1 } }
local function option(call, a, from)
  for i = from, #a - 1 do
    local unit = UNITS[up(a[i])]
    local at = unit and due(a[i + 1], unit[1], unit[2])
    if at then
      a[i], a[i + 1] = 'PXAT', at
      break
    end
  end
  return call(unpack(a))
end
local function expire(unit, later)
  return function(call, a)
    local at = due(a[3], unit, later)
    if at then a[1], a[3] = 'PEXPIREAT', at end
    return call(unpack(a))
  end
end
local function setex(unit)
  return function(call, a)
    local at = #a == 4 and due(a[3], unit, true)
    if at then return call('SET', a[2], a[4], 'PXAT', at) end
    return call(unpack(a))
  end
end
local function left(unit, later)
  return function(call, a)
    a[1] = 'PEXPIRETIME'
    local at = call(unpack(a))
    if type(at) ~= 'number' or at < 0 then return at end
    return math.floor((at - FAR - (later and now() or 0) + unit / 2) / unit)
  end
end
local function sorted(call, a)
  local all = call(unpack(a))
  if not all.err then table.sort(all) end
  return all
end
local function scan(name)
  return function(call, a)
    local at = #a + 1
    for i = name and 4 or 3, #a do
      if up(a[i]) == 'COUNT' then at = i break end
    end
    a[at], a[at + 1] = 'COUNT', '1000000000'
    local all = call(unpack(a))
    if not all.err and name ~= 'pairs' then table.sort(all[2]) end
    return all
  end
end
local function pick(all, keep)
  local at = math.random(#all)
  return keep and all[at] or table.remove(all, at)
end
local function member(pops)
  return function(call, a)
    local n = a[3] and tonumber(a[3])
    if #a > 3 or a[3] and (not n or pops and n < 0) then return call(unpack(a)) end
    local all = sorted(call, { 'SMEMBERS', a[2] })
    if all.err then return all end
    local found = {}
    for _ = 1, n and n < 0 and -n or math.min(n or 1, #all) do
      if #all > 0 then found[#found + 1] = pick(all, n and n < 0) end
    end
    if pops then
      for _, each in ipairs(found) do call('SREM', a[2], each) end
    end
    if n then return found end
    return found[1] or false
  end
end
local SHOWN = { ${SHOWN.map((name) => `${name} = true`).join(', ')} }
local SKIPS = { NOMKSTREAM = 1, KEEPREF = 1, DELREF = 1, ACKED = 1, LIMIT = 2, MAXLEN = 2, MINID = 2 }
local OF = {
  SET = function(call, a) return option(call, a, 4) end,
  GETEX = function(call, a) return option(call, a, 3) end,
  SETEX = setex(1000), PSETEX = setex(1),
  EXPIRE = expire(1000, true), PEXPIRE = expire(1, true), EXPIREAT = expire(1000), PEXPIREAT = expire(1),
  TTL = left(1000, true), PTTL = left(1, true), EXPIRETIME = left(1000), PEXPIRETIME = left(1),
  RESTORE = function(call, a)
    local absolute = false
    for i = 5, #a do absolute = absolute or up(a[i]) == 'ABSTTL' end
    local at = due(a[3], 1, not absolute)
    if at then
      a[3] = at
      if not absolute then a[#a + 1] = 'ABSTTL' end
    end
    return call(unpack(a))
  end,
  TIME = function() return { string.format('%.0f', math.floor(us / 1e6)), string.format('%.0f', us % 1e6) } end,
  XADD = function(call, a)
    local i = 3
    while SKIPS[up(a[i])] do
      local more = up(a[i + 1])
      i = i + SKIPS[up(a[i])] + ((more == '=' or more == '~') and 1 or 0)
    end
    if a[i] == '*' then a[i] = string.format('%.0f-*', now()) end
    return call(unpack(a))
  end,
  SMEMBERS = sorted, SINTER = sorted, SUNION = sorted, SDIFF = sorted, KEYS = sorted,
  SCAN = scan(), SSCAN = scan('members'), HSCAN = scan('pairs'), ZSCAN = scan('pairs'),
  SPOP = member(true), SRANDMEMBER = member(false),
  RANDOMKEY = function(call)
    local all = sorted(call, { 'KEYS', '*' })
    return #all > 0 and pick(all) or false
  end,
  INFO = function(call, a)
    local said = call(unpack(a))
    if type(said) ~= 'string' then return said end
    local lines = {}
    for line in string.gmatch(said, '[^\\r\\n]+') do
      local name = string.match(line, '^[^:]+')
      if string.match(line, '^#') or SHOWN[name] then lines[#lines + 1] = line end
      if string.match(line, '^db%d+:') then lines[#lines + 1] = string.gsub(line, 'avg_ttl=%d+', 'avg_ttl=0') end
    end
    return table.concat(lines, '\\r\\n') .. '\\r\\n'
  end,
}
local function run(call, a)
  local of = OF[up(a[1])]
  if of then return of(call, a) end
  return call(unpack(a))
end
`.replaceAll(/\n\s*/g, '\n');

/** Functions of the library: of the first, the arguments are a command. */
export const LIBRARY_NAME = 'heddle';
const FUNCTIONS = `
redis.register_function('heddle', function(_, a) return run(redis.pcall, a) end)
redis.register_function('heddle_number', function(_, a) return tonumber(a[1]) end)
redis.register_function('heddle_begin', function() math.randomseed(1) return 'OK' end)
redis.register_function('heddle_now', function(_, a) us = tonumber(a[1]) return 'OK' end)
redis.register_function('heddle_sweep', function(_, a)
us = tonumber(a[1])
local next = false
for db, count in string.gmatch(redis.call('INFO', 'keyspace'), 'db(%d+):keys=%d+,expires=(%d+)') do
redis.call('SELECT', db)
if count ~= '0' then
for _, key in ipairs(sorted(redis.call, { 'KEYS', '*' })) do
local at = redis.call('PEXPIRETIME', key) - FAR
if at + FAR >= 0 then
if at <= now() then redis.call('DEL', key)
else next = math.min(next or at, at) end
end
end
end
end
return next and string.format('%.0f', next)
end)
`;

/** To be loaded by FUNCTION LOAD. */
export const LIBRARY: string = `#!lua name=${LIBRARY_NAME}\n${CORE}${FUNCTIONS}`;

/**
 * A script that sees the run's time and chance. Its last two arguments are heddle's: microseconds
 * since 1970, and what `math.random` begins with.
 */
export function pinnedScript(script: Buffer): Buffer {
  const { length } = script;
  // A first line that says how it is to be run.
  const at = script[0] === 0x23 ? script.indexOf(10) + 1 || length : 0;
  return Buffer.concat([script.subarray(0, at), PRELUDE, script.subarray(at)]);
}

/** On one line: the numbers of lines in its errors are those of the script. */
const PRELUDE = Buffer.from(
  `local redis = (function(redis, seed, micros) ${CORE.replaceAll('\n', ' ')}
us = micros math.randomseed(seed)
return setmetatable({ call = function(...) return run(redis.call, { ... }) end,
pcall = function(...) return run(redis.pcall, { ... }) end }, { __index = redis })
end)(redis, tonumber(table.remove(ARGV)), tonumber(table.remove(ARGV))) `.replaceAll('\n', ' '),
);

/** Commands that go through the library. */
export const PINNED: ReadonlySet<string> = new Set(
  [...CORE.slice(CORE.indexOf('local OF')).matchAll(/\b([A-Z]+) =/g)].map(
    ([, name]) => name as string,
  ),
);
