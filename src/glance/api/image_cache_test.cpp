#include "glance/api/image_cache.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/crypto.hpp"
#include "platform/executor.hpp"
#include "platform/random.hpp"

namespace glance::api {
namespace {

namespace fs = std::filesystem;

class ImageCacheTest : public testing::Test {
 protected:
  ~ImageCacheTest() override { fs::remove_all(directory_); }
  std::shared_ptr<ImageCache> make(uint64_t max_size,
                                   base::Duration stall = std::chrono::hours{24}) {
    return std::make_shared<ImageCache>(CacheOptions{directory_, max_size, stall}, runtime_);
  }
  Image image_of(const std::string& bytes) {
    platform::Digest digest("sha512");
    digest.update(bytes);
    Image image;
    image.id = runtime_.random.uuid();
    image.size = static_cast<int64_t>(bytes.size());
    image.os_hash_algo = "sha512";
    image.os_hash_value = digest.finish_hex();
    return image;
  }
  static std::string read(std::shared_ptr<platform::http::BodySource> source) {
    platform::http::Response response;
    response.stream = std::move(source);
    const auto reader = platform::http::take_body(response);
    std::string bytes;
    char c = 0;
    while (reader->read(&c, 1) == 1) bytes += c;
    return bytes;
  }
  // What a download reads, of a store that gives `bytes`.
  static std::string download(ImageCache& cache, const Image& image, const std::string& bytes) {
    auto source = std::make_shared<platform::http::BodySource>();
    source->reader = platform::http::make_text_reader(bytes);
    return read(cache.keep(image, std::move(source)));
  }
  [[nodiscard]] bool nothing_incomplete() const { return fs::is_empty(directory_ + "/incomplete"); }

  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  const std::string directory_ =
      fs::temp_directory_path() / ("nephele-cache-" + runtime_.random.uuid());
};

TEST_F(ImageCacheTest, keeps_what_was_read_whole) {
  const auto cache = make(100);
  const Image image = image_of("0123456789");
  EXPECT_FALSE(cache->open(image, 0, std::nullopt));

  EXPECT_EQ(download(*cache, image, "0123456789"), "0123456789");

  EXPECT_EQ(read(cache->open(image, 0, std::nullopt)), "0123456789");
  EXPECT_EQ(read(cache->open(image, 3, 4)), "3456");
  ASSERT_EQ(cache->list().size(), 1U);
  EXPECT_EQ(cache->list().front().hits, 2);
  EXPECT_TRUE(nothing_incomplete());
}

TEST_F(ImageCacheTest, serves_nothing_that_is_not_the_image) {
  const auto cache = make(100);
  const Image image = image_of("0123456789");
  for (const char* bytes : {"012345678", "012345678x", "01234567890"}) {
    EXPECT_EQ(download(*cache, image, bytes), bytes);
    EXPECT_FALSE(cache->open(image, 0, std::nullopt)) << bytes;
  }
  EXPECT_TRUE(nothing_incomplete());
}

TEST_F(ImageCacheTest, leaves_nothing_of_a_download_that_breaks_off) {
  const auto cache = make(100);
  const Image image = image_of("0123456789");
  {
    const auto filling = cache->fill(image);
    ASSERT_TRUE(filling);
    filling->write("01234");
    EXPECT_FALSE(cache->fill(image));
    EXPECT_FALSE(cache->open(image, 0, std::nullopt));
  }
  EXPECT_TRUE(nothing_incomplete());
  EXPECT_TRUE(cache->fill(image));
}

TEST_F(ImageCacheTest, removes_at_its_start_what_somebody_who_died_has_left) {
  make(100);
  std::ofstream(directory_ + "/incomplete/left") << "half";
  make(100);
  EXPECT_FALSE(nothing_incomplete());
  make(100, -std::chrono::hours{1});
  EXPECT_TRUE(nothing_incomplete());
}

TEST_F(ImageCacheTest, lets_go_what_was_not_read_for_longest) {
  const auto cache = make(25);
  const Image first = image_of("0123456789");
  const Image second = image_of("abcdefghij");
  const Image third = image_of("ABCDEFGHIJ");
  download(*cache, first, "0123456789");
  download(*cache, second, "abcdefghij");
  EXPECT_TRUE(cache->open(first, 0, std::nullopt));

  download(*cache, third, "ABCDEFGHIJ");

  EXPECT_TRUE(cache->open(first, 0, std::nullopt));
  EXPECT_FALSE(cache->open(second, 0, std::nullopt));
  EXPECT_TRUE(cache->open(third, 0, std::nullopt));
  EXPECT_FALSE(cache->fill(image_of(std::string(26, 'x'))));
}

TEST_F(ImageCacheTest, has_a_queue_that_outlives_it) {
  const Image image = image_of("x");
  make(100)->queue(image.id);
  const auto cache = make(100);
  EXPECT_EQ(cache->queued(), std::vector<std::string>{image.id});
  cache->unqueue(image.id);
  EXPECT_TRUE(cache->queued().empty());
  EXPECT_ANY_THROW(cache->queue("../elsewhere"));
}

}  // namespace
}  // namespace glance::api
