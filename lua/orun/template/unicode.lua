-- Classes of code points beyond ASCII, after the Unicode Character Database, version 15.0.
local M = {}

-- Ranges as pairs in base 36: the distance from the end of the range before (from 127 at first), the number of code points.

-- Letters and decimal digits: general categories L* and Nd.
local word = [[
17 1 b 1 5 1 6 n 2 v 2 cq 5 c f 5 8 1 2 1 3m 5 2 2 3 4 2 1 7 1 2 3 2 1 2 k 2 2b 2 3v 9 4m 2 12 3 1 7 15 20 r 5 4 1a 17 m a 5 2 2
2r 2 1 g 2 8 f 3 1 h 1 2 u u 2h c 1 f 17 a 2 5 1 6 m 5 1 a 1 4 1 o p 8 b 6 o 2 6 i 16 1n 1i 4 1 j 1 8 a 5 a 2 g 5 8 3 2 3 m 2 7 2
1 4 4 4 1 h 1 e 2 2 3 5 c b 1 9 6 5 2 3 m 2 7 2 2 2 2 2 2 w 4 2 1 8 a 3 3 h 9 2 3 2 m 2 7 2 2 2 5 4 1 j 1 g 2 5 a a 1 c 8 3 2 3 m
2 7 2 2 2 5 4 1 v 2 2 3 5 a 2 1 i 1 2 6 4 3 2 4 4 2 2 1 2 2 4 2 4 3 4 c n 1 m a m 8 2 3 2 n 2 g 4 1 r 3 3 1 3 2 5 a h 1 5 8 2 3 2
n 2 a 2 5 4 1 w 2 2 2 5 a 2 2 i 9 2 3 2 15 3 1 h 1 6 3 9 3 5 a b 6 6 i 4 o 2 9 2 1 3 7 w a i 1c 2 2 d 7 a a 14 2 2 1 2 5 2 o 2 1 2
a 2 2 a 1 3 5 2 1 a a 3 4 x 1 w a n 8 2 10 s 5 38 17 l b 7 6 5 4 4 1 4 2 8 3 5 d d 1 2 a 7 12 2 1 6 1 3 17 2 99 2 4 3 7 2 1 2 4 3
15 2 4 3 x 2 4 3 7 2 1 2 4 3 f 2 1l 2 4 3 1v 12 g h 2e 3 6 4 h8 3 h 2 q 6 23 7 8 8 i e j f i f d 2 3 g 1g 10 1 5 1 4 a 13 a 7 2h 8
5 3 y 2 1 6 1y b v 14 14 3 5 c 18 5 q 7 a 13 n a 1h 18 a 7 a e 1 2m 1b i 8 4 a 16 u e 1k r 10 t a 4 1d 3 9 8 17 3 3 16 4 2 6 2 2 4
1 6 5c 1t 7q 3 6 3 12 3 6 3 8 2 1 2 1 2 1 2 v 3 1h 2 7 2 1 4 3 2 7 4 4 3 6 5 d 6 3 2 7 39 1 e 1 h d 2u 1 5 1 3 a 2 1 4 5 7 1 2 1 2
1 2 4 2 b 3 4 6 5 5 1 1h 2 22k 6d 7 4 4 2 d 12 2 1 6 1 3 1k 8 1 h n a 7 2 7 2 7 2 7 2 7 2 7 2 7 2 7 29 1 d2 2 17 5 6 2 5 2e 7 3 2
2i 2 4 6 17 2 2m i w 1d g e9 534 1t h3h 1w 1a 3 7h 4 s l 1b h v 3 1y 1e 9 3 2v 3 1s 6 2 2 1 2 5 p g 2 3 2 4 2 n u 1g f 1e t a p 6
4 1 2 2 2 12 b n q t 8 1b t b 7 5 2 p 2 15 o 3 2 8 5 a 7 n 4 1 4 1e 2 1 4 2 3 5 3 1 2 1 p 3 3 b 8 3 d 6 3 6 3 6 a 7 2 7 2 17 2 e 7
37 e a 7 8mc d n 5 1d 6it a6 3 2y 13 7 d 5 6 1 2 a 2 d 2 5 2 1 2 2 2 2 2 30 y a3 j 1s 3 1i 15 c 39 5 2 3r k a 8 q 7 q c 2h 4 6 3 6
3 6 3 3 10 c 2 q 2 j 2 2 2 f 3 e z 3f au t 4 1d 1c w e k 2 8 7 12 b u 3 10 5 8 1d 4e 3 a 7 10 5 10 5 14 9 1g d b 2 f 2 7 2 2 2 b 2
f 2 7 2 2 1w 8n a m b 8 p 6 2 16 2 9 1y 6 3 1 2 18 2 2 4 1 3 n b n a v 1u j 2 2 b m b q 1z 1k 7 2 1t 1 g 4 2 3 2 t 17 t 4 t 10 8 2
s s 1i b m b j e i 33 21 1k 1f e 1f e 10 d a 93 16 7 2 27 t b 1 9 m 17 i 1b l s n d 1h 1b a 2 2 3 1 e 19 x p 8 a a 10 g a 5 1 3 1
9 z 4 1 d 1c f 4 c b 2 1 10 i 2 p k 2 1s 7 2 1 2 4 2 f 2 a 8 1b i a c 8 3 2 3 m 2 7 2 2 2 5 4 1 j 1 d 5 4f 1h j 4 6 a 6 3 v 1c l 2
2 1 9 a 4n 1b 16 4 11 1c l 1 c a 13 17 e 1 8 a 1j r m a 7 7 56 18 39 22 m 8 3 1 3 8 2 2 2 o g 1 2 1 f a 1z 8 3 13 h 1 2 1 t 1 b 14
8 1 m 1 c 1a k 1 j 21 7c 9 2 11 i 1 g a p u 35 7 2 2 2 12 m 1 a a 7 6 2 2 2 w f 1 8 a 8n j g 1 2 d 2 y t a 2f 1 28 pm 6f 5g 219 2p
g ts i 6 33u g7 6nu ft 8 v 2 a 7 27 2 a 7 u j 1c h 4 d a a l 6 j j5 1s 3l 23 6 1 1v d 1t 2 2 1 t 4qg 9 ye 17 9 6w8 4 2 7 2 2 2 83
g 1 u 3 3 1 f 4 9 b0 1s5 2z 6 d 4 9 8 a 4mf 2d 2 1z 2 2 3 1 3 2 3 4 2 c 2 1 2 7 2 1t 2 4 3 8 2 7 2 s 2 4 2 5 2 1 4 7 2 9g 3 p 2 p
2 v 2 p 2 v 2 p 2 v 2 p 2 v 2 p 2 8 3 1e 1dt v 7 6 7a 1q 43 19 b 7 3 a 5 1 8y u j 18 5 a d3 s 5 a kn 7 2 4 2 2 2 f 2 5h 1o 1w 8 1
5 a x3 4 2 r 2 2 2 1 3 1 2 a 2 4 2 1 2 1 7 1 5 1 2 1 2 1 2 3 2 2 2 1 3 1 2 1 2 1 2 1 2 1 2 2 2 1 3 4 2 7 2 4 2 4 2 1 2 a 2 h 6 3 2
5 2 h 2lx a sn wyo x 37e 7 66 3 4g2 f 5rl 2e8 f2 15v 3t7 6 38g
]]

-- What shows something: general categories L*, M*, N*, P*, S*.
local printable = [[
y c 2 ju 3 6 5 7 2 1 2 k 2 b1 2 12 3 1e 3 3 2 1j 9 r 5 6 i m 2 5c 2 1c 3 1n 3 2t f 1n 3 1d 3 f 2 s 3 1 2 b 6 v a 22 2 4h 2 8 3 2 3
m 2 7 2 1 4 4 3 9 3 2 3 4 9 1 5 2 2 5 3 p 3 3 2 6 5 2 3 m 2 7 2 2 2 2 2 2 3 1 2 5 5 2 3 3 4 1 8 4 2 1 8 h b 3 2 9 2 3 2 m 2 7 2 2
2 5 3 a 2 3 2 3 3 1 g 4 3 c 8 7 2 3 2 8 3 2 3 m 2 7 2 2 2 5 3 9 3 2 3 3 8 3 5 2 2 5 3 i b 2 2 6 4 3 2 4 4 2 2 1 2 2 4 2 4 3 4 c 5
5 4 3 2 4 3 1 7 1 f l 6 d 2 3 2 n 2 g 3 9 2 3 2 4 8 2 2 3 3 1 3 4 3 a 8 m 2 3 2 n 2 a 2 5 3 9 2 3 2 4 8 2 7 2 2 4 3 a 2 3 d d 2 3
2 1f 2 3 2 6 5 g 3 q 2 3 2 i 4 o 2 9 2 1 3 7 4 1 5 6 2 1 2 8 7 a 3 3 d 1m 5 t 12 2 2 1 2 5 2 o 2 1 2 n 3 5 2 1 2 7 2 a 3 4 x 20 2
10 5 13 2 10 2 f 2 d 12 5i 2 1 6 1 3 ah 2 4 3 7 2 1 2 4 3 15 2 4 3 x 2 4 3 7 2 1 2 4 3 f 2 1l 2 4 3 1v 3 w 4 q 7 2e 3 6 3 hs 2 s 4
2h 8 m a o a k d d 2 3 2 2 d 2m 3 a 7 a 7 e 2 b 7 2h 8 17 6 1y b v 2 c 5 c 5 1 4 16 3 5 c 18 5 q 7 b 4 1q 3 1t 2 t 3 b 7 a 7 e 3 v
1e 25 4 1b 2 38 9 1o 4 f 4 1o 8 17 3 b 9 17 6 eu 3 6 3 12 3 6 3 8 2 1 2 1 2 1 2 v 3 1h 2 f 2 e 3 6 2 j 3 3 2 9 i o 9 1b i 2 3 r 2
d 4 x g x g 3w 5 if q b m 1ec 3 w 2 9p 6 19 2 1 6 1 3 1k 8 2 f o a 7 2 7 2 7 2 7 2 7 2 7 2 7 2 7 2 3i z q 2 2h d 5y r c 6 1r 2 2e
3 2v 6 17 2 2m 2 2c d 1b 2 mlp 4 1j a 9o l 54 9 5n 6 2 2 1 2 5 p 1n 4 a 7 1k 9 1y 9 c 7 38 c u 4 26 2 b 5 x 2 1j a e 3 a 3 2v p s
b 6 3 6 3 6 a 7 2 7 2 1o 5 3i 3 a 7 8mc d n 5 1d 6it a6 3 2y 13 7 d 5 6 q 2 5 2 1 2 2 2 2 2 3h h cd 3 1i 8 1 x 16 7 1f 2 j 2 4 5 5
2 3r 5 5a 4 6 3 6 3 6 3 3 4 7 2 7 e 2 3 c 2 q 2 j 2 2 2 f 3 e z 3f 6 3 5 19 4 2g 2 d 4 1 1c 1a 3n t 4 1d g s 5 10 a u 6 17 6 u 2
11 5 e 17 4e 3 a 7 10 5 10 5 14 9 1g c c 2 f 2 7 2 2 2 b 2 f 2 7 2 2 1w 8n a m b 8 p 6 2 16 2 9 1y 6 3 1 2 18 2 2 4 1 3 n 2 20 9 9
1d j 2 2 6 x 4 r 6 1 1t 1k 5 k 3 1e 2 2 6 8 2 3 2 t 3 3 5 a 8 9 8 1s x 13 5 c a 1i 4 t 3 r 6 q 8 4 d 7 29 21 1k 1f e 1f 8 1a 9 a
87 v 2 16 2 3 3 2 24 17 9 16 n q 13 s l n a 26 5 10 a 1q 2 5 e p 8 a 7 1h 2 i 9 13 a 2o 2 k c i 2 1b 1r 7 2 1 2 4 2 f 2 b 7 1n 6 a
7 4 2 8 3 2 3 m 2 7 2 2 2 5 2 a 3 2 3 3 3 1 7 1 6 7 3 7 4 5 3w 2k 2 5 v 20 9 a 4n 1i 3 12 z 1x c a 7 d k 1m 7 a 1j r 3 f 5 n 56 1o
2t 2b d 8 3 1 3 8 2 2 2 u 2 2 3 c a a 1z 8 3 1a 3 b s 20 9 2b e 21 8 a 6v 9 2 19 2 e b t 4 w 3 m 2 e 22 7 2 2 2 18 4 1 2 2 2 9 9 a
7 6 2 2 2 11 2 2 2 6 8 a 8n p 8 h 2 15 4 s 2f 1 g 1e e pn 2v 33 2 5 c 5g 219 2r e ts h m 33f g7 6nu ft 8 v 2 a 5 29 2 a 7 u 3 6 b
1y b a 2 7 2 l 6 j j5 2j 2u 23 5 1l 8 h 1t 5 c 2 f 4qg 9 ye 17 9 6w8 4 2 7 2 2 2 83 g 1 u 3 3 1 f 4 9 b0 1s5 2z 6 d 4 9 8 a 3 4
3mp 1a 3 n a 38 1p 6u b 13 3 22 9 34 m 1y 3f k d k d 2f a p 3s 2d 2 1z 2 2 3 1 3 2 3 4 2 c 2 1 2 7 2 1t 2 4 3 8 2 7 2 s 2 4 2 5 2
1 4 7 2 9g 3 84 3 ji g 5 2 f up v 7 6 5y 7 2 h 3 7 2 2 2 5 6 1q y 1 35 19 4 e 3 a 5 2 8x v i 1m 6 1 cx 16 kn 7 2 4 2 2 2 f 2 5h 3
g 16 24 5 a 5 2 lu 1w 25 1p 5f 4 2 r 2 2 2 1 3 1 2 a 2 4 2 1 2 1 7 1 5 1 2 1 2 1 2 3 2 2 2 1 3 1 2 1 2 1 2 1 2 1 2 2 2 1 3 4 2 7 2
4 2 4 2 1 2 a 2 h 6 3 2 5 2 h 1h 2 7j 18 5 2s d f 3 f 2 f 2 11 b 4u 1l t e 18 5 9 8 2 f 6 4b rc 5 h 4 d 4 3b 5 2n 7 c 5 1 g c 5 1k
9 a 7 14 9 u 3 2 27 9g d e 3 d 4 9 8 1a 2 7 9 e 5 9 8 9 8 43 2 1j 12 a sn wyo x 37e 7 66 3 4g2 f 5rl 2e8 f2 15v 3t7 6 38g f9e9 6o
]]

local function table_of(text)
  local first, last, n, stop = {}, {}, 0, 127
  for distance, length in text:gmatch("(%w+)%s+(%w+)") do
    n = n + 1
    first[n] = stop + tonumber(distance, 36)
    stop = first[n] + tonumber(length, 36) - 1
    last[n] = stop
  end
  return { first = first, last = last, n = n }
end

local function holds(ranges, code)
  local first, low, high = ranges.first, 1, ranges.n
  while low < high do
    local middle = (low + high + 1) // 2
    if first[middle] <= code then low = middle else high = middle - 1 end
  end
  return first[low] <= code and code <= ranges.last[low]
end

-- The tables are unpacked when they are first asked: most templates are ASCII.
local words, printables

---Whether a code point is a letter or a decimal digit.
---@param code integer
---@return boolean
function M.is_word(code)
  if code < 128 then return string.char(code):find("^%w") ~= nil end
  words = words or table_of(word)
  return holds(words, code)
end

---Whether a code point shows something; of the blanks only the space does.
---@param code integer
---@return boolean
function M.is_printable(code)
  if code < 128 then return code >= 32 and code < 127 end
  printables = printables or table_of(printable)
  return holds(printables, code)
end

return M
