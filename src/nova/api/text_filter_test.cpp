#include "nova/api/text_filter.hpp"

#include <gtest/gtest.h>

namespace nova::api {
namespace {

TEST(TextFilter, finds_text_anywhere_without_case) {
  EXPECT_TRUE(TextFilter("stance").matches("my-INSTANCE-1"));
  EXPECT_FALSE(TextFilter("stance").matches("other"));
  EXPECT_TRUE(TextFilter("").matches("anything"));
}

TEST(TextFilter, is_held_by_anchors) {
  EXPECT_TRUE(TextFilter("^my.*1$").matches("my-instance-1"));
  EXPECT_FALSE(TextFilter("^instance").matches("my-instance-1"));
  EXPECT_FALSE(TextFilter("instance$").matches("my-instance-1"));
  EXPECT_FALSE(TextFilter("10.0").matches_start("110.0"));
}

TEST(TextFilter, knows_sets_and_repetition) {
  EXPECT_TRUE(TextFilter("^.*\\-instance\\-[0-9]+$").matches("a-instance-1959"));
  EXPECT_FALSE(TextFilter("^.*\\-instance\\-[0-9]+$").matches("a-instance-"));
  EXPECT_TRUE(TextFilter("^[^0-9]?ab*$").matches("xabbb"));
  EXPECT_FALSE(TextFilter("^[^0-9]?ab*$").matches("1abbb"));
  EXPECT_TRUE(TextFilter("a.c").matches("abc"));
  EXPECT_FALSE(TextFilter("a\\.c").matches("abc"));
}

TEST(TextFilter, takes_what_it_does_not_know_literally) {
  EXPECT_TRUE(TextFilter("(a|b").matches("x(a|b"));
  EXPECT_TRUE(TextFilter("[a").matches("x[ay"));
}

TEST(TextFilter, stays_quick_on_patterns_made_to_be_slow) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(TextFilter("^" + pattern + "b$").matches(std::string(1000, 'a')));
}

}  // namespace
}  // namespace nova::api
