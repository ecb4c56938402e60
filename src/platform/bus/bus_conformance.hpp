// What every Bus must do: the tests stand in bus_conformance_test.cpp. An implementation takes part
// by a line in its own test:
//   INSTANTIATE_TEST_SUITE_P(InProcess, BusConformance, testing::Values(make_in_process_bus));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "platform/bus/bus.hpp"
#include "platform/runtime.hpp"

namespace platform {

// Keeps hops in memory.
class RecordingTracer final : public Tracer {
 public:
  void record(Hop hop) override {
    const std::lock_guard lock(mutex_);
    hops_.push_back(std::move(hop));
  }
  // "role kind name outcome" of each, in the order of their ends.
  [[nodiscard]] std::vector<std::string> hops() const {
    std::vector<std::string> texts;
    const std::lock_guard lock(mutex_);
    for (const Hop& hop : hops_)
      texts.push_back(hop.role + " " + hop.kind + " " + hop.name + " " + hop.outcome);
    return texts;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Hop> hops_;
};

inline Message make_text(const std::string& text) {
  return {"id-" + text,    "Text", 1, "req-1", base::JsonObject{{"project_id", "p"}},
          base::Json(text)};
}
inline std::string text_of(const Message& message) { return std::string(message.body.as_string()); }

// Collects what handlers saw, from any thread.
class Seen {
 public:
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(text);
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  [[nodiscard]] size_t size() const { return all().size(); }
  [[nodiscard]] size_t count(const std::string& text) const {
    const std::vector<std::string> texts = all();
    return static_cast<size_t>(std::count(texts.begin(), texts.end(), text));
  }
  MessageHandler handler() {
    return [this](const Message& message) -> base::Json {
      add(text_of(message));
      return nullptr;
    };
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

// Whether it comes true within a time that is long for any machine.
inline bool eventually(const std::function<bool()>& done,
                       base::Duration limit = std::chrono::seconds{20}) {
  const base::SteadyTime deadline = system_clock().steady() + limit;
  while (!done()) {
    if (system_clock().steady() > deadline) return false;
    system_executor().sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

inline base::ErrorKind kind_of_failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "it did not fail";
  return base::ErrorKind::internal;
}

// Makes a bus without messages of former tests; null if the machine can not.
using BusFactory = std::function<std::unique_ptr<Bus>(Runtime)>;

class BusConformance : public testing::TestWithParam<BusFactory> {
 protected:
  BusConformance() : bus_(GetParam()(runtime())) {}

  void SetUp() override {
    if (bus_ == nullptr) GTEST_SKIP() << "what this bus needs is not installed";
  }

  Runtime runtime() {
    return {system_executor(), system_clock(), system_random(), tracer_, "host1"};
  }

  RecordingTracer tracer_;
  std::unique_ptr<Bus> bus_;
};

}  // namespace platform
