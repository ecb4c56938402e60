#include "platform/database/rows.hpp"

#include <gtest/gtest.h>

namespace platform {
namespace {

std::vector<std::vector<int>> batches_of_two(const std::function<void(Batch<int>&)>& read) {
  std::vector<std::vector<int>> taken;
  read_in_batches<int>(
      2, [&](std::span<int> rows) { taken.emplace_back(rows.begin(), rows.end()); }, read);
  return taken;
}

TEST(ReadInBatches, takes_all_rows_also_those_of_the_last_batch) {
  const auto taken = batches_of_two([](Batch<int>& batch) {
    for (int i = 1; i <= 5; ++i) {
      batch.next() = i;
      batch.add();
    }
  });

  EXPECT_EQ(taken, (std::vector<std::vector<int>>{{1, 2}, {3, 4}, {5}}));
}

TEST(ReadInBatches, takes_no_row_that_was_not_added) {
  const auto taken = batches_of_two([](Batch<int>& batch) { batch.next() = 1; });

  EXPECT_TRUE(taken.empty());
}

}  // namespace
}  // namespace platform
