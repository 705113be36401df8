-- Writes a value unless a newer one is there. A value begins with the position at which it was read,
-- eight bytes, the greatest first. They are compared as bytes: strings are compared by the locale.
-- KEYS[1]: the name. ARGV: the value, its milliseconds, '1' if it may replace one of its own position.
local there = redis.call('GETRANGE', KEYS[1], 0, 7)
local newer = #there < 8
for i = 1, newer and 0 or 8 do
    local old, new = string.byte(there, i), string.byte(ARGV[1], i)
    if old > new then return 0 end
    if old < new then
        newer = true
        break
    end
end
if newer or ARGV[3] == '1' then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1
end
return 0
