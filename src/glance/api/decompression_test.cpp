#include "glance/api/decompression.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "glance/formats/test_images.hpp"

namespace glance::api {
namespace {

using platform::http::BodyReader;

// Gives so many bytes at a time.
class PieceReader final : public BodyReader {
 public:
  PieceReader(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}
  size_t read(char* buffer, size_t size) override {
    const size_t count = text_.copy(buffer, std::min(size, piece_), position_);
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  size_t piece_;
  size_t position_ = 0;
};

std::string decompress(const std::string& bytes, size_t piece = 1000, size_t room = 70'000) {
  const auto reader =
      make_decompressing_reader(std::make_shared<PieceReader>(bytes, piece), compression_of(bytes));
  std::string all;
  std::string buffer(room, '\0');
  while (const size_t count = reader->read(buffer.data(), buffer.size()))
    all.append(buffer, 0, count);
  return all;
}

class Decompression : public testing::TestWithParam<const char*> {
 protected:
  Decompression() {
    for (int i = 0; i < 30'000; ++i) plain_ += std::to_string(i * 7919 % 10'007) + ' ';
    plain_.append(size_t{3} << 20, '\0');
  }
  // By the program of that name.
  [[nodiscard]] std::string compress(const std::string& bytes) const {
    std::ofstream(directory_.path("plain"), std::ios::binary) << bytes;
    std::vector<std::string> arguments{GetParam(), "-q", "-k", "-f", directory_.path("plain")};
    platform::run_checked(arguments);
    const std::string name = std::string(GetParam());
    return directory_.read(name == "gzip" ? "plain.gz" : name == "xz" ? "plain.xz" : "plain.zst");
  }

  formats::ImageDirectory directory_;
  std::string plain_;
};

TEST_P(Decompression, gives_what_was_compressed_in_whichever_pieces) {
  const std::string bytes = compress(plain_);
  ASSERT_LT(bytes.size(), plain_.size() / 10);
  EXPECT_EQ(decompress(bytes), plain_);
  EXPECT_EQ(decompress(bytes, 1, 100), plain_);
  EXPECT_EQ(decompress(compress("")), "");
}

TEST_P(Decompression, takes_several_members_and_zeroes_between_them) {
  const std::string bytes = compress(plain_);
  EXPECT_EQ(decompress(bytes + bytes), plain_ + plain_);
  EXPECT_EQ(decompress(bytes + std::string(8, '\0') + bytes + std::string(4, '\0')),
            plain_ + plain_);
}

TEST_P(Decompression, refuses_what_is_damaged_or_cut_off) {
  const std::string bytes = compress(plain_);
  for (const size_t length : {size_t{7}, bytes.size() / 2, bytes.size() - 1})
    EXPECT_THROW(decompress(bytes.substr(0, length)), base::Error) << length;
  std::string damaged = bytes;
  for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) damaged[i] ^= 0x5a;
  EXPECT_THROW(decompress(damaged), base::Error);
  EXPECT_THROW(decompress(bytes + "rubbish"), base::Error);
}

INSTANTIATE_TEST_SUITE_P(Programs, Decompression, testing::Values("gzip", "xz", "zstd"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Compression, is_none_of_what_is_plain) {
  for (const std::string& head :
       {std::string(), std::string("\x1f"), std::string("QFI\xfb"), std::string(6, '\0')})
    EXPECT_EQ(compression_of(head), Compression::none);
}

}  // namespace
}  // namespace glance::api
