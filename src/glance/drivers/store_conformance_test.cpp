// What every image store promises. Stores at object storages are tried against a real Swift, which
// speaks S3 too: NEPHELE_TEST_SWIFT=http://127.0.0.1:PORT (scripts/swift.sh), or by S3 against
// another one: NEPHELE_TEST_S3; Swift by way of a Keystone that knows the user glance-swift of the
// project images, password "first": NEPHELE_TEST_SWIFT_KEYSTONE=http://HOST:PORT/v3
// (tests/system/swift_keystone_test.sh); the one in Ceph against a real Ceph:
// NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF (scripts/ceph.sh).
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "glance/drivers/http_store.hpp"
#include "glance/drivers/object_stores.hpp"
#include "glance/drivers/rbd_store.hpp"
#include "platform/executor.hpp"
#include "platform/http/server.hpp"
#include "platform/random.hpp"

namespace glance::drivers {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunk = size_t{5} << 20;   // the least that S3 takes
constexpr size_t kObject = size_t{4} << 20;  // of RBD

platform::Runtime test_runtime() {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), "host"};
}

std::string environment(const char* name) {
  const char* value = ::getenv(name);
  return value ? value : "";
}
std::string swift_url() { return environment("NEPHELE_TEST_SWIFT"); }
std::string keystone_url() { return environment("NEPHELE_TEST_SWIFT_KEYSTONE"); }
std::string ceph_configuration() { return environment("NEPHELE_TEST_CEPH"); }
std::string s3_url() {
  const std::string url = environment("NEPHELE_TEST_S3");
  return url.empty() ? swift_url() : url;
}

SwiftOptions swift_options(const std::string& kind) {
  SwiftOptions options;
  options.reference = "test";
  if (kind == "swift_keystone") {
    options.auth_address = keystone_url();
    options.user = "images:glance-swift";
    options.key = "first";
  } else {
    options.auth_address = swift_url() + "/auth/v1.0";
    options.auth_version = 1;
    options.user = "test:tester";
    options.key = "testing";
  }
  options.create_container = true;
  options.chunk = kChunk;
  return options;
}

// A web server with images, which gives ranges of them or does not know what that is.
class ImageServer {
 public:
  explicit ImageServer(bool gives_ranges) : gives_ranges_(gives_ranges) {
    port_ = server_.listen(
        {.handler = [this](platform::http::Request& request) { return answer(request); }});
  }
  std::string add(const std::string& name, const std::string& bytes) {
    files_["/" + name] = bytes;
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
  }

 private:
  // Of "bytes=2-5" or "bytes=2-".
  static void give_range(platform::http::Response& response, std::string_view range) {
    const auto parts = base::split(range.substr(range.find('=') + 1), '-');
    const auto first = static_cast<size_t>(*base::parse_integer(parts[0]));
    const size_t size = response.body.size();
    const size_t end = std::min(
        size,
        static_cast<size_t>(base::parse_integer(parts[1]).value_or(static_cast<int64_t>(size))) +
            1);
    response.status = first < size ? 206 : 416;
    response.body = first < size ? response.body.substr(first, end - first) : "";
  }
  platform::http::Response answer(const platform::http::Request& request) const {
    platform::http::Response response;
    const auto file = files_.find(request.path);
    response.status = file == files_.end() ? 404 : 200;
    if (file != files_.end()) response.body = file->second;
    const auto range = request.headers.get("Range");
    if (range && gives_ranges_ && response.status == 200) give_range(response, *range);
    return response;
  }

  const bool gives_ranges_;
  std::map<std::string, std::string> files_;
  uint16_t port_ = 0;
  platform::http::Server server_{{}};
};

class StoreConformance : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    if (kind.starts_with("rbd") && ceph_configuration().empty())
      GTEST_SKIP() << "NEPHELE_TEST_CEPH is not set";
    if ((kind == "s3" && s3_url().empty()) || (kind == "swift" && swift_url().empty()))
      GTEST_SKIP() << "NEPHELE_TEST_SWIFT is not set";
    if (kind == "swift_keystone" && keystone_url().empty())
      GTEST_SKIP() << "NEPHELE_TEST_SWIFT_KEYSTONE is not set";
    unique_ = runtime_.random.uuid();
    store_ = make(unique_);
  }
  void TearDown() override {
    if (store_)
      for (const auto& stored : store_->list()) store_->remove(stored.location);
    fs::remove_all(directory());
  }

  [[nodiscard]] std::string directory() const {
    return fs::temp_directory_path() / ("nephele-store-" + unique_);
  }
  // A store of its own for each name.
  std::unique_ptr<ImageStore> make(const std::string& name) {
    const std::string kind = GetParam();
    if (kind == "s3") {
      S3Options options{s3_url(), {"test:tester", "testing", "us-east-1"}, "s3-" + name};
      options.create_bucket = true;
      options.chunk = kChunk;
      return make_s3_store({*transport_, runtime_}, options);
    }
    if (kind.starts_with("swift")) {
      SwiftOptions options = swift_options(kind);
      options.container = "swift-" + name;
      return make_swift_store({*transport_, runtime_}, options);
    }
    if (kind.starts_with("http")) {
      web_server_.emplace(kind == "http");
      return make_http_store(
          std::make_shared<WebSource>(transport_, [](const auto& /*url*/) { return true; }));
    }
    if (kind.starts_with("rbd")) {
      RbdStoreOptions options{{.configuration = ceph_configuration()}, kObject, kind == "rbd_thin"};
      return make_rbd_store(options);
    }
    return make_file_store(directory());
  }
  std::string upload_name() { return runtime_.random.uuid() + "." + runtime_.random.uuid(); }
  std::string store(const std::string& bytes) { return store_as(upload_name(), bytes); }
  std::string store_as(const std::string& name, const std::string& bytes) {
    if (web_server_) return web_server_->add(name, bytes);
    const auto writer = store_->start(name);
    for (size_t at = 0; at < bytes.size(); at += 1'000'000)
      writer->write(std::string_view(bytes).substr(at, 1'000'000));
    return writer->commit();
  }
  std::string load(const std::string& location, uint64_t offset = 0,
                   std::optional<uint64_t> length = std::nullopt) {
    platform::http::Response response;
    response.stream = store_->open(location, offset, length);
    const auto announced = response.stream->length;
    const auto reader = platform::http::take_body(response);
    std::string bytes;
    std::string buffer(100'000, '\0');
    while (const size_t count = reader->read(buffer.data(), buffer.size()))
      bytes.append(buffer, 0, count);
    EXPECT_EQ(announced.value_or(bytes.size()), bytes.size());
    return bytes;
  }
  std::optional<base::ErrorKind> refusal(const std::string& location) {
    try {
      load(location);
    } catch (const base::Error& error) {
      return error.kind();
    }
    return std::nullopt;
  }
  static std::string pattern(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 4096);
    return bytes;
  }

  platform::Runtime runtime_ = test_runtime();
  std::shared_ptr<platform::http::Transport> transport_ = platform::http::make_curl_transport();
  std::string unique_;
  std::optional<ImageServer> web_server_;
  std::unique_ptr<ImageStore> store_;
};

// What stores promise to who only reads.
class StoreReading : public StoreConformance {};

TEST_P(StoreReading, gives_back_what_it_was_given) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100'000}, kChunk, kChunk + 1, 2 * kChunk,
                            2 * kChunk + 12'345}) {
    const std::string bytes = pattern(size);
    const std::string location = store(bytes);
    EXPECT_TRUE(store_->holds(location));
    EXPECT_TRUE(load(location) == bytes) << size;
  }
}

TEST_P(StoreReading, gives_parts) {
  const std::string bytes = pattern(kChunk + 1000);
  const std::string location = store(bytes);
  EXPECT_TRUE(load(location, 10, 20) == bytes.substr(10, 20));
  EXPECT_TRUE(load(location, kChunk - 10, 20) == bytes.substr(kChunk - 10, 20));
  EXPECT_TRUE(load(location, kChunk) == bytes.substr(kChunk));
  EXPECT_EQ(load(location, 5, 0), "");
  EXPECT_EQ(load(location, kChunk + 1000), "");
}

TEST_P(StoreConformance, shows_nothing_of_an_upload_that_breaks_off) {
  for (const size_t size : {size_t{10}, 2 * kChunk + 1}) {
    const auto writer = store_->start(upload_name());
    writer->write(pattern(size));
  }
  EXPECT_TRUE(store_->list().empty());
}

TEST_P(StoreConformance, lists_what_it_has_and_what_is_on_its_way) {
  const std::string whole = upload_name();
  const std::string large = upload_name();
  const std::string coming = upload_name();
  const std::string first = store_as(whole, "x");
  const std::string second = store_as(large, pattern(kChunk + 1));
  const auto writer = store_->start(coming);
  writer->write(pattern(kChunk + 1));

  const auto listed = store_->list();

  EXPECT_EQ(listed.size(), 3U);
  for (const auto& stored : listed) {
    EXPECT_TRUE(store_->holds(stored.location));
    EXPECT_TRUE(stored.name == whole || stored.name == large || stored.name == coming);
    const std::string expected = stored.name == whole ? first : stored.name == large ? second : "";
    EXPECT_TRUE(expected.empty() || stored.location == expected) << stored.location;
  }
}

TEST_P(StoreConformance, removes_also_what_somebody_who_died_has_left) {
  const auto writer = store_->start(upload_name());
  writer->write(pattern(kChunk + 1));

  for (const auto& stored : store_->list()) store_->remove(stored.location);

  EXPECT_TRUE(store_->list().empty());
}

TEST_P(StoreConformance, removes_all_and_may_be_asked_twice) {
  const std::string kept = store("kept");
  for (const size_t size : {size_t{10}, 2 * kChunk + 1}) {
    const std::string location = store(pattern(size));
    for (int i = 0; i < 2; ++i) store_->remove(location);
    EXPECT_EQ(refusal(location), base::ErrorKind::not_found);
  }
  EXPECT_EQ(store_->list().size(), 1U);
  EXPECT_EQ(load(kept), "kept");
}

TEST_P(StoreReading, touches_nothing_outside) {
  for (const char* location : {"file:///etc/passwd", "s3://elsewhere/b/k", "swift+config://x/y/z",
                               "rbd://4f2c0a3e-0000-4000-8000-00000000c3f1/rbd/image/snap"}) {
    EXPECT_FALSE(store_->holds(location));
    EXPECT_THROW(store_->remove(location), base::Error);
    EXPECT_EQ(refusal(location), base::ErrorKind::internal);
  }
}

TEST_P(StoreReading, says_what_is_gone) {
  const std::string location = store("here");
  EXPECT_EQ(load(location), "here");
  EXPECT_EQ(refusal(location + "x"), base::ErrorKind::not_found);
}

TEST(HttpStore, takes_no_images) {
  const auto store = make_http_store(std::make_shared<WebSource>(
      platform::http::make_curl_transport(), [](const auto& /*url*/) { return false; }));
  EXPECT_TRUE(store->list().empty());
  EXPECT_THROW(static_cast<void>(store->start("x")), base::Error);
  EXPECT_NO_THROW(store->remove("http://example.org/image"));
  EXPECT_THROW(static_cast<void>(store->open("http://example.org/image", 0, {})), base::Error);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreReading,
                         testing::Values("file", "s3", "swift", "swift_keystone", "http",
                                         "http_without_ranges", "rbd", "rbd_thin"),
                         [](const auto& test) { return std::string(test.param); });
INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance,
                         testing::Values("file", "s3", "swift", "swift_keystone", "rbd",
                                         "rbd_thin"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace glance::drivers
