#include "platform/http/message.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"

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

// A file without a name, of which [4 MiB, 8 MiB) was written.
class FileWithHoles : public testing::Test {
 protected:
  static constexpr size_t kMiB = 1U << 20;
  static constexpr size_t kSize = 16 * kMiB;

  FileWithHoles() : text_(kSize, '\0') {
    std::string path = "/tmp/nephele-holes-XXXXXX";
    file_ = ::mkstemp(path.data());
    ::unlink(path.c_str());
    text_.replace(4 * kMiB, 4 * kMiB, std::string(4 * kMiB, 'x'));
    EXPECT_EQ(::pwrite(file_, text_.data() + 4 * kMiB, 4 * kMiB, 4 * kMiB), 4 * kMiB);
    EXPECT_EQ(::ftruncate(file_, kSize), 0);
  }
  ~FileWithHoles() override { ::close(file_); }

  std::string read(uint64_t offset, uint64_t length) const {
    Response response;
    response.stream = std::make_shared<BodySource>();
    response.stream->file = ::dup(file_);
    response.stream->offset = offset;
    response.stream->length = length;
    const auto reader = take_body(response);
    std::string all(length, '?');
    size_t size = 0;
    while (const size_t count =
               reader->read(all.data() + size, std::min(size_t{300'000}, length - size)))
      size += count;
    all.resize(size);
    return all;
  }

  std::string text_;
  int file_ = -1;
};

TEST_F(FileWithHoles, is_read_as_if_they_were_zeroes) {
  EXPECT_TRUE(read(0, kSize) == text_);
  EXPECT_TRUE(read(kMiB, 5 * kMiB) == text_.substr(kMiB, 5 * kMiB));
  EXPECT_TRUE(read(7 * kMiB, 2 * kMiB) == text_.substr(7 * kMiB, 2 * kMiB));
  EXPECT_TRUE(read(9 * kMiB, kMiB) == text_.substr(9 * kMiB, kMiB));
}

TEST_F(FileWithHoles, that_ends_too_soon_is_told) {
  EXPECT_THROW(static_cast<void>(read(9 * kMiB, kSize)), base::Error);
}

}  // namespace
}  // namespace platform::http
