// What every Bus must do: the tests stand in bus_conformance_test.cpp. An implementation takes part
// by a line in its own test:
//   INSTANTIATE_TEST_SUITE_P(InProcess, BusConformance, testing::Values(make_in_process_bus));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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

// Makes a bus without messages of former tests.
using BusFactory = std::function<std::unique_ptr<Bus>(Runtime)>;

class BusConformance : public testing::TestWithParam<BusFactory> {
 protected:
  BusConformance() : bus_(GetParam()(runtime())) {}

  Runtime runtime() {
    return {system_executor(), system_clock(), system_random(), tracer_, "host1"};
  }

  RecordingTracer tracer_;
  std::unique_ptr<Bus> bus_;
};

}  // namespace platform
