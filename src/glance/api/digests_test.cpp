#include "glance/api/digests.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "platform/crypto.hpp"

namespace glance::api {
namespace {

// What the digests of `size` bytes should be, and what those are that pass in pieces.
class DigestsTest : public testing::TestWithParam<size_t> {
 protected:
  static std::string pattern(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 4096);
    return bytes;
  }
  static std::string hex(const char* algorithm, std::string_view bytes) {
    platform::Digest digest(algorithm);
    digest.update(bytes);
    return digest.finish_hex();
  }
  // Pieces of at most `piece` bytes.
  static Digests::Values pass(std::string_view bytes, size_t piece) {
    Digests digests(platform::system_executor());
    while (!bytes.empty()) {
      const auto room = digests.room();
      const size_t size = std::min({piece, room.size(), bytes.size()});
      std::copy_n(bytes.data(), size, room.data());
      digests.take(size);
      bytes.remove_prefix(size);
    }
    return digests.finish();
  }
};

TEST_P(DigestsTest, are_those_of_all_bytes) {
  const std::string bytes = pattern(GetParam());

  for (const size_t piece : {size_t{100'000}, bytes.size() + 1}) {
    const auto values = pass(bytes, piece);

    EXPECT_EQ(values.md5, hex("md5", bytes));
    EXPECT_EQ(values.sha512, hex("sha512", bytes));
  }
}

INSTANTIATE_TEST_SUITE_P(, DigestsTest,
                         testing::Values(0, 1, 262'143, 262'144, 262'145, 5'000'000));

TEST(Digests, may_be_given_up_at_any_time) {
  Digests digests(platform::system_executor());
  for (int i = 0; i < 30; ++i) {
    const auto room = digests.room();
    std::ranges::fill(room, 'x');
    digests.take(room.size());
  }
}

}  // namespace
}  // namespace glance::api
