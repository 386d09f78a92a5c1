-- SPDX-License-Identifier: Apache-2.0

-- Makes wrk's requests, and prints its results as one line of JSON. Run wrk
-- with one thread. Environment variables:
--
--   BENCHMARK_TOKEN   the token
--   BENCHMARK_METHOD  the method
--   BENCHMARK_PATH    the path; @ stands for an image's id
--   BENCHMARK_TYPE    the media type of the body, if there is a body
--   BENCHMARK_BODY    the body; @ stands for a different number each time
--   BENCHMARK_NUMBER  the first of these numbers, and the random seed
--   BENCHMARK_IDS     the path of a file with the images' ids, one per line
--   BENCHMARK_SECONDS and BENCHMARK_LEAST
--                     the minimum of seconds and of responses: the run ends
--                     when it has reached both
--   BENCHMARK_LIMIT   the maximum number of requests: the run ends when all
--                     are answered, and uses each id at most once if there
--                     are enough ids

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
   -- wrk only inspects the first request, and does not send it.
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
      -- wrk sleeps until its time is over, or until it is interrupted.
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
   -- When all requests are answered, only an idle connection can have
   -- failed: the server closes it after some seconds.
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
