#include <fmt/core.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "glance/drivers/chunked_writer.hpp"
#include "glance/drivers/object_requests.hpp"
#include "glance/drivers/swift_session.hpp"
#include "platform/crypto.hpp"
#include "platform/log.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Response;

// One container.
class Container {
 public:
  Container(const StoreEnvironment& environment, SwiftOptions options)
      : session_(environment, std::move(options)) {}

  [[nodiscard]] const SwiftOptions& options() const { return session_.options(); }
  [[nodiscard]] std::string location(const std::string& object) const {
    return fmt::format("swift+config://{}/{}/{}", options().reference, options().container, object);
  }
  Response send(const std::string& method, const std::string& object,
                platform::http::Headers headers = {}, const std::string& body = {}) {
    return session_.send({method, path_of_object(object), {}, std::move(headers), body});
  }
  // Swift compares what arrived with its digest.
  void put(const std::string& object, const std::string& bytes) {
    platform::http::Headers headers;
    headers.set("Content-Type", "application/octet-stream");
    headers.set("ETag", base::to_hex(platform::md5(bytes)));
    require_success(send("PUT", object, std::move(headers), bytes), "put " + object);
  }
  // Whether it is there or not.
  void remove(const std::string& object) {
    require_success(send("DELETE", object), "delete " + object, 404);
  }
  void ensure() {
    if (!options().create_container || send("HEAD", "").status != 404) return;
    require_success(send("PUT", ""), "create container");
  }
  // Names that begin with `prefix`.
  std::vector<std::string> list(const std::string& prefix) {
    std::vector<std::string> names;
    for (;;) {
      const std::string marker = names.empty() ? "" : names.back();
      const Response response =
          session_.send({"GET",
                         "/" + options().container,
                         {{{"format", "json"}, {"prefix", prefix}, {"marker", marker}}}});
      if (response.status == 404) return names;  // no container yet
      require_success(response, "list");
      const size_t before = names.size();
      if (response.status != 204) append_names(response.body, names);
      if (names.size() == before) return names;
    }
  }
  // The manifest goes last: what has lost it would be found by nobody but tidying.
  void remove_with_segments(const std::string& object) {
    for (const std::string& segment : list(object + "/")) remove(segment);
    remove(object);
  }

 private:
  [[nodiscard]] std::string path_of_object(const std::string& object) const {
    return "/" + options().container + (object.empty() ? "" : "/" + object);
  }
  static void append_names(const std::string& body, std::vector<std::string>& names) {
    const base::Json listing = base::parse_json(body);
    if (!listing.is_array()) return;
    for (const base::Json& entry : listing.get_array())
      if (std::string name = base::text_or(entry, "name"); !name.empty())
        names.push_back(std::move(name));
  }

  SwiftSession session_;
};

class SwiftWriter final : public ChunkedWriter {
 public:
  SwiftWriter(Container& container, std::string object)
      : ChunkedWriter(container.options().chunk),
        container_(container),
        object_(std::move(object)) {}

  ~SwiftWriter() override {
    if (committed() || parts() == 0) return;
    try {
      container_.remove_with_segments(object_);
    } catch (const Error& error) {  // tidying will
      platform::log_warning("upload to Swift not taken back object={} error={}", object_,
                            error.what());
    }
  }
  SwiftWriter(const SwiftWriter&) = delete;
  SwiftWriter& operator=(const SwiftWriter&) = delete;

 protected:
  void put_whole(std::string bytes) override { container_.put(object_, bytes); }

  void put_part(size_t number, std::string bytes) override {
    container_.put(fmt::format("{}/{:08}", object_, number), bytes);
  }

  // A dynamic large object is what a listing of its segments says: that may come late, and an image
  // without its end must not be active.
  void join_parts() override {
    if (container_.list(object_ + "/").size() != parts())
      throw Error(ErrorKind::unavailable, "The image storage does not answer.",
                  "Swift does not list all segments of " + object_);
    platform::http::Headers headers;
    headers.set("Content-Type", "application/octet-stream");
    headers.set("X-Object-Manifest",
                fmt::format("{}/{}/", container_.options().container, object_));
    require_success(container_.send("PUT", object_, std::move(headers)), "manifest " + object_);
  }

  [[nodiscard]] std::string location() const override { return container_.location(object_); }

 private:
  Container& container_;
  std::string object_;
};

class SwiftStore final : public ImageStore {
 public:
  SwiftStore(const StoreEnvironment& environment, SwiftOptions options)
      : container_(environment, std::move(options)) {}

  std::unique_ptr<Writer> start(const std::string& name) override {
    container_.ensure();
    return std::make_unique<SwiftWriter>(container_, name);
  }

  std::shared_ptr<platform::http::BodySource> open(const std::string& location, uint64_t offset,
                                                   std::optional<uint64_t> length) override {
    if (length == 0U) return source_of({});
    platform::http::Headers headers;
    if (const std::string range = range_header(offset, length); !range.empty())
      headers.set("Range", range);
    Response response = container_.send("GET", object_of(location), std::move(headers));
    require_success(response, "get " + location, 416);
    return source_of(std::move(response));
  }

  bool holds(const std::string& location) const override {
    return location.starts_with(container_.location(""));
  }

  void remove(const std::string& location) override {
    container_.remove_with_segments(object_of(location));
  }

  // Segments stand for their object: remove() takes all of them.
  std::vector<Stored> list() override {
    std::vector<Stored> all;
    for (const std::string& name : container_.list("")) {
      const std::string object = name.substr(0, name.find('/'));
      const bool seen = !all.empty() && all.back().name == object;
      if (!seen && is_upload_name(object)) all.push_back({container_.location(object), object});
    }
    return all;
  }

 private:
  [[nodiscard]] std::string object_of(const std::string& location) const {
    if (!holds(location))
      throw Error(ErrorKind::internal, "The image's location is not in this store.", location);
    return location.substr(container_.location("").size());
  }

  Container container_;
};

}  // namespace

std::unique_ptr<ImageStore> make_swift_store(const StoreEnvironment& environment,
                                             SwiftOptions options) {
  return std::make_unique<SwiftStore>(environment, std::move(options));
}

}  // namespace glance::drivers
