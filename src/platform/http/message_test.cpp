#include "platform/http/message.hpp"

#include <gtest/gtest.h>

namespace platform::http {
namespace {

TEST(Query, keeps_order_repetition_and_blank_values) {
  const Query query = parse_query("a=1&b=x%2By+z&a=2&c&d=");

  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.all("a"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(query.get("b"), "x+y z");
  EXPECT_EQ(query.get("c"), "");
  EXPECT_EQ(query.get("d"), "");
  EXPECT_FALSE(query.get("e"));
  EXPECT_EQ(parse_query(to_text(query)).items, query.items);
}

TEST(Target, is_split_into_path_and_query) {
  Request request;
  set_target(request, "/a%20b?c=d?e");
  EXPECT_EQ(request.path, "/a%20b");
  EXPECT_EQ(request.query_text, "c=d?e");
  set_target(request, "http://host:80/path");
  EXPECT_EQ(request.path, "/path");
  EXPECT_EQ(request.query_text, "");
  set_target(request, "http://host?x=http://other/");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query_text, "x=http://other/");
}

}  // namespace
}  // namespace platform::http
