-- Prints one line of JSON at the end of wrk's run.
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failed":%d,"refused":%d,"p99_ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, failed, summary.errors.status, latency:percentile(99) / 1e3))
end
