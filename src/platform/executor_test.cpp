#include "platform/executor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>

#include "platform/random.hpp"
#include "platform/waiting.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

base::SteadyTime in(base::Duration duration) { return system_clock().steady() + duration; }

// Waits for something that other tasks do; a test that fails must not hang.
bool eventually(const std::function<bool()>& done) {
  const base::SteadyTime deadline = in(10s);
  while (!done()) {
    if (system_clock().steady() > deadline) return false;
    system_executor().sleep_for(1ms);
  }
  return true;
}

TEST(Event, ASetBeforeTheWaitIsNotLostAndTwoSetsWakeOnce) {
  const auto event = system_executor().make_event();
  event->set();
  event->set();
  EXPECT_TRUE(event->wait_until(kNever));
  EXPECT_FALSE(event->wait_until(in(5ms)));
}

TEST(Event, WakesAWaitInAnotherTask) {
  const auto event = system_executor().make_event();
  bool woken = false;
  auto task = system_executor().start("waiter", [&] { woken = event->wait_until(in(10s)); });
  event->set();
  task.reset();
  EXPECT_TRUE(woken);
}

TEST(Event, APassedDeadlineReturnsAtOnce) {
  const auto event = system_executor().make_event();
  EXPECT_FALSE(event->wait_until(base::SteadyTime{}));
}

TEST(Task, DestructorWaitsForTheEnd) {
  std::atomic<bool> ended = false;
  auto task = system_executor().start("a name of more than fifteen letters", [&] {
    system_executor().sleep_for(20ms);
    ended = true;
  });
  task.reset();
  EXPECT_TRUE(ended);
}

TEST(Periodic, RunsAtOnceAndThenEveryInterval) {
  std::atomic<int> runs = 0;
  const Periodic periodic(system_executor(), "test", 1ms, [&] { ++runs; });
  EXPECT_TRUE(eventually([&] { return runs >= 3; }));
}

TEST(Periodic, AWakeRunsItBeforeItsTimeAndAnErrorDoesNotEndIt) {
  std::atomic<int> runs = 0;
  Periodic periodic(system_executor(), "test", 1h, [&] {
    ++runs;
    throw std::runtime_error("no luck");
  });
  EXPECT_TRUE(eventually([&] { return runs == 1; }));
  periodic.wake();
  EXPECT_TRUE(eventually([&] { return runs == 2; }));
}

TEST(Periodic, DestructorWaitsForTheCallInProgress) {
  std::atomic<bool> begun = false;
  std::atomic<bool> ended = false;
  {
    const Periodic periodic(system_executor(), "test", 1h, [&] {
      begun = true;
      system_executor().sleep_for(20ms);
      ended = true;
    });
    EXPECT_TRUE(eventually([&] { return begun.load(); }));
  }
  EXPECT_TRUE(ended);
}

TEST(WorkerPool, RunsAllJobsThoughSomeThrow) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(system_executor(), "test", 3, 10'000);
    for (int i = 0; i < 5000; ++i) {
      ASSERT_TRUE(pool.post([&done, i] {
        ++done;
        if (i % 100 == 0) throw std::runtime_error("no luck");
      }));
    }
  }
  EXPECT_EQ(done, 5000);
}

TEST(WorkerPool, JobsPostedTogetherRunTogether) {
  std::atomic<int> running = 0;
  std::atomic<bool> all_ran = true;
  WorkerPool pool(system_executor(), "test", 4, 10);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.post([&] {
      ++running;
      if (!eventually([&] { return running == 4; })) all_ran = false;
    }));
  }
  EXPECT_TRUE(eventually([&] { return running == 4; }));
  EXPECT_TRUE(all_ran);
}

TEST(WorkerPool, AFullQueueRefuses) {
  const auto go_on = system_executor().make_event();
  std::atomic<bool> begun = false;
  std::atomic<int> done = 0;
  {
    WorkerPool pool(system_executor(), "test", 1, 2);
    ASSERT_TRUE(pool.post([&] {
      begun = true;
      go_on->wait_until(in(10s));
    }));
    ASSERT_TRUE(eventually([&] { return begun.load(); }));
    EXPECT_TRUE(pool.post([&] { ++done; }));
    EXPECT_TRUE(pool.post([&] { ++done; }));
    EXPECT_FALSE(pool.post([&] { ++done; }));
    go_on->set();
  }
  EXPECT_EQ(done, 2);
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(system_random().below(5));
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4}));
}

TEST(WaitingDeathTest, WaitingInsideATransactionAborts) {
  assert_may_wait("a call");
  const TransactionScope transaction;
  EXPECT_DEATH(assert_may_wait("bus call"), "call=bus call");
}

}  // namespace
}  // namespace platform
