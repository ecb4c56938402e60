// The threads that simulated tasks borrow. Making a thread costs more than most tasks do, so they
// are kept for the life of the program, for all simulations.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace platform::simulation {

// Whoever waits goes on once it was given; given before the wait, it is not lost. Passing it orders
// memory: what the giver did is seen by the taker.
class Baton {
 public:
  void give();
  void take();

 private:
  std::atomic<uint32_t> given_ = 0;
};

// Keeps the calling thread on the processor that it is on: since only one thread of a simulation
// runs at a time, passing the baton across processors costs six times as much for nothing.
class OnOneProcessor {
 public:
  OnOneProcessor();
  ~OnOneProcessor();
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;
  [[nodiscard]] int processor() const { return processor_; }

 private:
  cpu_set_t former_{};
  int processor_;  // negative: it could not be had
};

// A thread that runs one job at a time. Never destroyed.
class Thread {
 public:
  // One that is idle, or a new one; on that processor unless it is negative.
  static Thread& borrow(int processor);
  // Sets the job that the next give() of the baton begins with.
  void prepare(std::function<void()> job) { job_ = std::move(job); }
  // Called in its job as the last thing before the baton goes on: it may be borrowed at once.
  void give_back();
  [[nodiscard]] Baton& baton() { return baton_; }

 private:
  static Thread& idle_or_new();
  void loop();
  pthread_t handle_{};
  int processor_ = -1;
  Baton baton_;
  std::function<void()> job_;
};

}  // namespace platform::simulation
