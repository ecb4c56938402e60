// What happened to a request, hop by hop: the material of `nephele trace`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "platform/clock.hpp"

namespace platform {

struct Hop {
  std::string request_id;
  std::string role;
  std::string host;
  std::string kind;  // "http", "call", "cast", "fanout", "handle", "step"
  std::string name;  // "POST /v2.1/servers", "ScheduleServer -> scheduler", "start guest"
  base::TimePoint started{};
  base::Duration duration{};
  std::string outcome;  // "202", "ok", or an error message
};

// Thread-safe; recording never blocks on a disk and never fails the caller.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void record(Hop hop) = 0;
};

// Appends JSON lines to `file`, a "*.jsonl", written by a thread of its own at the latest after
// 200 ms. A full file becomes "*.1.jsonl", so at most two of `max_bytes` are kept. What can not be
// written is dropped and logged once.
[[nodiscard]] std::unique_ptr<Tracer> make_file_tracer(const std::string& file,
                                                       size_t max_bytes = size_t{32} << 20);
[[nodiscard]] Tracer& null_tracer();
// The hops of a request from every *.jsonl file in a directory, by start time.
[[nodiscard]] std::vector<Hop> read_trace(const std::string& directory,
                                          std::string_view request_id);

// Times a hop of the thread's current request, from construction to destruction. Its outcome is
// "ok", or "failed" when an exception leaves the scope, unless set. Outside a request (an empty
// request id) nothing is recorded.
class HopScope {
 public:
  HopScope(Tracer& tracer, const Clock& clock, std::string kind, std::string name);
  ~HopScope();
  HopScope(const HopScope&) = delete;
  HopScope& operator=(const HopScope&) = delete;
  void outcome(std::string text);

 private:
  Tracer& tracer_;
  const Clock& clock_;
  Hop hop_;
  base::SteadyTime start_;
  int exceptions_;
};

}  // namespace platform
