#include "cinder/scheduler/expression.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace cinder::scheduler {
namespace {

std::optional<std::string> known(std::string_view group, std::string_view name) {
  if (group == "volume" && name == "size") return "8";
  if (group == "stats" && name == "free_capacity_gb") return "100.5";
  if (group == "extra" && name == "tier") return "gold";
  return std::nullopt;
}

double number(const std::string& text) { return std::get<double>(evaluate(text, known)); }
bool truth(const std::string& text) { return is_true(evaluate(text, known)); }
bool fails(const std::string& text) {
  try {
    static_cast<void>(evaluate(text, known));
  } catch (const base::Error& error) {
    return error.kind() == base::ErrorKind::bad_request;
  }
  return false;
}

TEST(Expression, computes) {
  EXPECT_EQ(number("1+1"), 2);
  EXPECT_EQ(number("2+3*4"), 14);
  EXPECT_EQ(number("(2+3)*4"), 20);
  EXPECT_EQ(number("10-4-3"), 3);
  EXPECT_EQ(number("10/4"), 2.5);
  EXPECT_EQ(number("-2^2"), -4);
  EXPECT_EQ(number("2^3^2"), 512);
  EXPECT_EQ(number("5 - -5"), 10);
  EXPECT_EQ(number("1.25 * 4"), 5);
}

TEST(Expression, compares_and_combines) {
  EXPECT_TRUE(truth("1 < 2 < 3"));
  EXPECT_FALSE(truth("1 < 3 < 2"));
  EXPECT_TRUE(truth("1 <> 2 and 2 == 2.0"));
  EXPECT_TRUE(truth("1 > 2 or 2 >= 2 && 1 <= 1"));
  EXPECT_FALSE(truth("1 AND 0 OR 0"));
  EXPECT_TRUE(truth("not 0"));
  EXPECT_TRUE(truth("!(3 < 2)"));
  EXPECT_FALSE(truth("1 and 1 and 0"));
}

TEST(Expression, chooses_and_calls) {
  EXPECT_EQ(number("5 > 4 ? 1 : 0"), 1);
  EXPECT_EQ(number("5 < 4 ? 1/0 : 7"), 7);
  EXPECT_EQ(number("0 ? 1 : 0 ? 2 : 3"), 3);
  EXPECT_EQ(number("max(1, 5, 3) + min(4, 2) + abs(0 - 1)"), 8);
}

TEST(Expression, knows_names_and_texts) {
  EXPECT_EQ(number("volume.size * 2"), 16);
  EXPECT_TRUE(truth("stats.free_capacity_gb > volume.size"));
  EXPECT_TRUE(truth("extra.tier == 'gold' and extra.tier == gold"));
  EXPECT_TRUE(truth("extra.tier != \"silver\""));
  EXPECT_FALSE(truth("extra.tier == 5"));
}

TEST(Expression, that_is_wrong_says_so) {
  for (const char* const text : {"",
                                 "1 +",
                                 "(1",
                                 "1)",
                                 "1 2",
                                 "1/0",
                                 "volume.colour",
                                 "moon.size + 1",
                                 "extra.tier + 1",
                                 "extra.tier < 5",
                                 "sin(1)",
                                 "abs(1, 2)",
                                 "min(1)",
                                 "1, 2",
                                 "'open",
                                 "10^10^10",
                                 "a.b.c + 1",
                                 "(0-8)^0.5",
                                 "5 ? 1",
                                 "#",
                                 "2 ^ -1",
                                 "()"})
    EXPECT_TRUE(fails(text)) << text;
}

TEST(Expression, that_is_too_deep_or_too_long_is_refused) {
  for (const char* const one : {"(", "-", "!", "1^", "abs(", "1?1:"})
    for (const int times : {100, 2000}) {
      std::string text;
      for (int i = 0; i < times; ++i) text += one;
      EXPECT_TRUE(fails(text + "1")) << one << times;
    }
  EXPECT_TRUE(fails(std::string(kLongestExpression, ' ') + "1"));
}

}  // namespace
}  // namespace cinder::scheduler
