#include "platform/owner_mark.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace platform {
namespace {

TEST(OwnerMark, reads_what_it_wrote_even_of_a_path_with_spaces) {
  const OwnerMark mark{"server", "5f3c", "/srv/two of them/instances"};

  EXPECT_EQ(parse_owner_mark(to_text(mark)), mark);
}

TEST(OwnerMark, is_not_what_others_write_into_an_alias) {
  for (const char* alias : {"", "uplink to rack 7", "nephele", "nephele of x", "nephele server x"})
    EXPECT_FALSE(parse_owner_mark(alias)) << alias;
}

TEST(OwnerMark, of_a_directory_is_the_same_however_it_is_written) {
  const std::string here = std::filesystem::current_path();

  EXPECT_EQ(owner_of_directory("x/../networks/"), here + "/networks");
  EXPECT_EQ(owner_of_directory("/nowhere/networks"), "/nowhere/networks");
}

TEST(OwnerMark, fits_into_an_alias_however_long_the_path) {
  const std::string owner = owner_of_directory("/" + std::string(400, 'x'));

  EXPECT_LT(to_text({"network", std::string(36, 'i'), owner}).size(), size_t{256});
}

}  // namespace
}  // namespace platform
