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
  EXPECT_TRUE(policy.tries_again(4, conflict));
  EXPECT_FALSE(policy.tries_again(5, conflict));
  EXPECT_FALSE(policy.tries_again(5, std::runtime_error("no luck")));
}

TEST(DeliveryPolicy, WaitsMinutesForWhatIsAway) {
  const DeliveryPolicy policy;
  const base::Error away(base::ErrorKind::unavailable, "Try again later.");
  base::Duration waited{};
  int tries = 1;
  for (; policy.tries_again(tries, away); ++tries) waited += policy.backoff(tries);
  EXPECT_EQ(tries, 30);
  EXPECT_GT(waited, 5min);
  EXPECT_LT(waited, 15min);
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
