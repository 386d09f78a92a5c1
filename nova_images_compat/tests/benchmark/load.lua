-- SPDX-License-Identifier: Apache-2.0

-- What wrk sends, and what it prints of the answers: one line of JSON. Run
-- it with one thread. The environment says what to send:
--
--   BENCHMARK_TOKEN   the token
--   BENCHMARK_METHOD  the method
--   BENCHMARK_PATH    the path; @ stands for an image's id
--   BENCHMARK_TYPE    the type of the body, if there is one
--   BENCHMARK_BODY    the body; @ stands for a number that never comes again
--   BENCHMARK_NUMBER  the first of these numbers, and the seed of chance
--   BENCHMARK_IDS     the file of the images' ids, one a line
--   BENCHMARK_SECONDS and BENCHMARK_LEAST
--                     it ends after so many seconds, with so many answers
--   BENCHMARK_LIMIT   how many requests to send at most; it ends when they
--                     are answered. Each id is used once, if there are as
--                     many

local ffi = require('ffi')

ffi.cdef [[
   typedef struct { long seconds; long nanoseconds; } moment;
   int clock_gettime(int clock, moment *now);
   int getpid(void);
   int kill(int pid, int signal);
]]

local MONOTONIC = 1
local SIGINT = 2

local ids = {}
local asked = 0
local moment = ffi.new('moment')

-- "done" reads these.
began = 0
ended = 0
answered = 0
refused = 0

local function now()
   ffi.C.clock_gettime(MONOTONIC, moment)
   return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local function put(text, value)
   return (text:gsub('@', value))
end

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init()
   method = os.getenv('BENCHMARK_METHOD')
   path = os.getenv('BENCHMARK_PATH')
   body = os.getenv('BENCHMARK_BODY')
   number = tonumber(os.getenv('BENCHMARK_NUMBER'))
   seconds = tonumber(os.getenv('BENCHMARK_SECONDS'))
   least = tonumber(os.getenv('BENCHMARK_LEAST'))
   limit = tonumber(os.getenv('BENCHMARK_LIMIT') or '')
   for id in io.lines(os.getenv('BENCHMARK_IDS')) do
      table.insert(ids, id)
   end
   math.randomseed(number)
   wrk.headers['X-Auth-Token'] = os.getenv('BENCHMARK_TOKEN')
   wrk.headers['Accept'] = 'application/json'
   wrk.headers['Content-Type'] = os.getenv('BENCHMARK_TYPE')
end

function request()
   -- The first request is only looked at by wrk, not sent.
   asked = asked + 1
   if asked == 2 then
      began = now()
   end
   local place = math.random(#ids)
   if limit then
      if asked > limit + 1 then
         return ''
      end
      place = asked % #ids + 1
   end
   return wrk.format(
      method, put(path, ids[place]), nil,
      body and put(body, tostring(number + asked)))
end

function response(status)
   ended = now()
   if status < 200 or status > 299 then
      refused = refused + 1
   end
   answered = answered + 1
   local is_late = ended - began >= seconds and answered >= least
   if answered == limit or is_late then
      -- wrk sleeps until its time is over, or until somebody interrupts it.
      ffi.C.kill(ffi.C.getpid(), SIGINT)
   end
end

function done(summary, latency)
   local thread = threads[1]
   local counts = {}
   for i = 1, #latency do
      local value, count = latency(i)
      counts[i] = string.format('[%d,%d]', value, count)
   end
   local errors = summary.errors
   -- Once all is answered, no more than a connection on which nothing was
   -- asked can have failed: the server closes it after some seconds.
   if thread:get('answered') == tonumber(os.getenv('BENCHMARK_LIMIT') or '')
   then
      errors.read = 0
   end
   io.write(string.format(
      '\n{"requests":%d,"duration":%d,"seconds":%.6f,"refused":%d,' ..
      '"connect":%d,"read":%d,"write":%d,"timeout":%d,"latency":[%s]}\n',
      summary.requests, summary.duration,
      thread:get('ended') - thread:get('began'), thread:get('refused'),
      errors.connect, errors.read, errors.write, errors.timeout,
      table.concat(counts, ',')))
end
