#include "nova/compute/console_text.hpp"

#include <gtest/gtest.h>

namespace nova::compute {
namespace {

TEST(ConsoleText, keeps_text) {
  EXPECT_EQ(console_text("login:\tGr\xC3\xBC\xC3\x9F Gott \xF0\x9F\x90\xA7\n"),
            "login:\tGr\xC3\xBC\xC3\x9F Gott \xF0\x9F\x90\xA7\n");
}

TEST(ConsoleText, drops_what_moves_the_cursor) {
  EXPECT_EQ(console_text(std::string_view("a\r\n\x1B[2J\0b", 9)), "a\n[2Jb");
}

TEST(ConsoleText, marks_what_is_no_text) {
  // The first byte is the end of a character that the beginning was cut off from.
  EXPECT_EQ(console_text("\xBC after \xFF\xC3"), "\xEF\xBF\xBD after \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace nova::compute
