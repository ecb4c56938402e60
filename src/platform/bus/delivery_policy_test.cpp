#include "platform/bus/delivery_policy.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/error.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

TEST(DeliveryPolicy, TriesWhatCanNotBeDoneAFewTimes) {
  const DeliveryPolicy policy;
  const base::Error conflict(base::ErrorKind::conflict, "It is in use.");
  EXPECT_TRUE(policy.tries_again({4, 0}, conflict));
  EXPECT_FALSE(policy.tries_again({5, 0}, conflict));
  EXPECT_FALSE(policy.tries_again({5, 0}, std::runtime_error("no luck")));
}

TEST(DeliveryPolicy, WaitsMinutesForWhatIsAway) {
  const DeliveryPolicy policy;
  const base::Error away(base::ErrorKind::unavailable, "Try again later.");
  base::Duration waited{};
  Tries tries;
  for (tries.add(away); policy.tries_again(tries, away); tries.add(away))
    waited += policy.backoff(tries.all);
  EXPECT_EQ(tries.all, 30);
  EXPECT_GT(waited, 5min);
  EXPECT_LT(waited, 15min);
}

TEST(DeliveryPolicy, TriesAFewTimesMoreWhatCanNotBeDoneOnceNobodyIsAway) {
  const DeliveryPolicy policy;
  const base::Error conflict(base::ErrorKind::conflict, "It is in use.");
  Tries tries;
  for (int i = 0; i < 12; ++i) tries.add(base::Error(base::ErrorKind::timeout, "No answer."));
  tries.add(conflict);
  EXPECT_TRUE(policy.tries_again(tries, conflict));
  for (int i = 0; i < 4; ++i) tries.add(conflict);
  EXPECT_FALSE(policy.tries_again(tries, conflict));
}

TEST(DeliveryPolicy, DoublesTheWaitUpToTheLongest) {
  const DeliveryPolicy policy;
  EXPECT_EQ(policy.backoff(1), 200ms);
  EXPECT_EQ(policy.backoff(4), 1600ms);
  EXPECT_EQ(policy.backoff(29), policy.longest_backoff);
  EXPECT_EQ(policy.backoffs().front(), 200ms);
  EXPECT_EQ(policy.backoffs().back(), policy.longest_backoff);
  EXPECT_EQ(policy.backoffs().size(), 8U);
}

}  // namespace
}  // namespace platform
