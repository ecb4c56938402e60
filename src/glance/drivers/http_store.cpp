#include "glance/drivers/http_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::BodyReader;
using platform::http::BodySource;
using platform::http::Response;

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

// `length` bytes from `offset` of a body that comes whole: not every server gives ranges.
class CutReader final : public BodyReader {
 public:
  CutReader(std::shared_ptr<BodyReader> whole, uint64_t offset, uint64_t length)
      : whole_(std::move(whole)), skip_(offset), left_(length) {}

  size_t read(char* buffer, size_t size) override {
    std::string skipped(std::min<uint64_t>(skip_, 65536), '\0');
    while (skip_ > 0) {
      const size_t count = whole_->read(skipped.data(), std::min<uint64_t>(skip_, skipped.size()));
      if (count == 0) return 0;
      skip_ -= count;
    }
    if (left_ == 0) return 0;
    const size_t count = whole_->read(buffer, std::min<uint64_t>(size, left_));
    left_ -= count;
    return count;
  }

 private:
  std::shared_ptr<BodyReader> whole_;
  uint64_t skip_;
  uint64_t left_;
};

std::shared_ptr<BodySource> nothing() {
  auto source = std::make_shared<BodySource>();
  source->length = 0;
  source->reader = platform::http::make_text_reader("");
  return source;
}

std::shared_ptr<BodySource> cut(Response& whole, uint64_t offset, uint64_t length) {
  auto source = std::make_shared<BodySource>();
  const auto size = whole.stream ? whole.stream->length : std::optional(whole.body.size());
  if (size) source->length = std::min(length, *size - std::min(offset, *size));
  source->reader = std::make_unique<CutReader>(platform::http::take_body(whole), offset, length);
  return source;
}

std::string range_header(uint64_t offset, std::optional<uint64_t> length) {
  return length ? fmt::format("bytes={}-{}", offset, offset + *length - 1)
                : fmt::format("bytes={}-", offset);
}

class HttpStore final : public ImageStore {
 public:
  explicit HttpStore(std::shared_ptr<const WebSource> web) : web_(std::move(web)) {}

  std::unique_ptr<Writer> start(const std::string& /*name*/) override {
    throw Error(ErrorKind::gone,
                "Error in store configuration. Adding images to store is disabled.");
  }

  std::shared_ptr<BodySource> open(const std::string& location, uint64_t offset,
                                   std::optional<uint64_t> length) override {
    require_held(location);
    if (length == 0U) return nothing();
    const bool part = offset > 0 || length;
    platform::http::Headers headers;
    if (part) headers.set("Range", range_header(offset, length));
    Response response = fetch(location, headers);
    const int status = response.status;
    if (status == 416) return nothing();
    if (part && status == 206) return cut(response, 0, length.value_or(kAll));
    if (status == 200) return cut(response, offset, length.value_or(kAll));
    if (status == 404 || status == 410)
      throw Error(ErrorKind::not_found, "The image's data is gone.", location);
    refuse(fmt::format("HTTP URL {} returned a {} status code.", location, status));
  }

  bool holds(const std::string& location) const override {
    return location.starts_with("http://") || location.starts_with("https://");
  }
  void remove(const std::string& location) override { require_held(location); }
  std::vector<Stored> list() override { return {}; }

 private:
  [[noreturn]] static void refuse(const std::string& detail) {
    throw Error(ErrorKind::unavailable, "The image's data can not be fetched from where it is.",
                detail);
  }

  [[nodiscard]] Response fetch(const std::string& location,
                               const platform::http::Headers& headers) const {
    try {
      return web_->get(location, headers);
    } catch (const Error& error) {
      refuse(fmt::format("{}: {} {}", location, error.message(), error.detail()));
    }
  }

  void require_held(const std::string& location) const {
    if (!holds(location))
      throw Error(ErrorKind::internal, "The image's location is not in this store.", location);
  }

  std::shared_ptr<const WebSource> web_;
};

}  // namespace

std::unique_ptr<ImageStore> make_http_store(std::shared_ptr<const WebSource> web) {
  return std::make_unique<HttpStore>(std::move(web));
}

}  // namespace glance::drivers
