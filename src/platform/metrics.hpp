// What this process counts for Prometheus: counters, gauges and histograms by name and labels.
// Counting takes an atomic addition or two and never a lock; looking a metric up takes one, so
// whoever counts often keeps the reference. Metrics are never destroyed.
//
// Names as Prometheus wants them: a unit in full at the end (`_seconds`, `_bytes`), `_total` for
// counters. A label has few values and none that a client chooses: a route's template, never its
// path.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace platform::metrics {

// Only grows.
class Counter {
 public:
  void add(uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double by) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

// Upper bounds of a histogram's buckets in seconds: half a millisecond to a minute.
inline constexpr std::array kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                    0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

// Durations.
class Histogram {
 public:
  void observe(base::Duration duration) noexcept;
  // Of each bucket by itself; the last is for what is above all bounds.
  [[nodiscard]] std::array<uint64_t, kBounds.size() + 1> counts() const noexcept;
  [[nodiscard]] double sum_seconds() const noexcept;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<uint64_t> sum_microseconds_ = 0;
};

struct Description {
  std::string_view name;
  std::string_view help;
};
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Thread-safe. A name has one type and one set of label names: another one aborts.
class Registry {
 public:
  Registry();
  ~Registry();
  // The metric of that name with these labels; made at the first time.
  [[nodiscard]] Counter& counter(const Description& what, const Labels& labels = {});
  [[nodiscard]] Gauge& gauge(const Description& what, const Labels& labels = {});
  [[nodiscard]] Histogram& histogram(const Description& what, const Labels& labels = {});
  // A counter that somebody else counts, e.g. the kernel: its value is set.
  [[nodiscard]] Gauge& foreign_counter(const Description& what, const Labels& labels = {});
  // All of it in Prometheus' text format 0.0.4, by name.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

// This process'. Like the log, it is reached from everywhere.
[[nodiscard]] Registry& registry();

// Sets process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and what else
// Prometheus' own clients say of a process, as the kernel has it now.
void measure_process(Registry& registry);

}  // namespace platform::metrics
