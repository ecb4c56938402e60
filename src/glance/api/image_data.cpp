// Upload and download: bytes pass through in constant memory and are hashed on their way.
#include <fmt/core.h>

#include <deque>

#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "glance/api/image_api.hpp"
#include "glance/formats/inspection.hpp"
#include "platform/crypto.hpp"
#include "platform/executor.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

constexpr size_t kChunk = 1 << 20;
constexpr uint64_t kHeartbeatBytes = 256U << 20;

// MD5 on a task of its own: beside SHA-512 it would make an upload half as fast again.
class Md5InBackground {
 public:
  explicit Md5InBackground(platform::Executor& executor)
      : executor_(executor),
        filled_(executor.make_event()),
        emptied_(executor.make_event()),
        task_(executor.start("md5", [this] { run(); })) {}

  ~Md5InBackground() { end(); }

  void update(std::string chunk) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (chunks_.size() < kDepth) {
          chunks_.push_back(std::move(chunk));
          break;
        }
      }
      emptied_->wait_until(soon());
    }
    filled_->set();
  }

  [[nodiscard]] std::string finish_hex() {
    end();
    return digest_.finish_hex();
  }

 private:
  static constexpr size_t kDepth = 4;

  base::SteadyTime soon() { return executor_.clock().steady() + std::chrono::seconds{1}; }

  void end() {
    if (!task_) return;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    filled_->set();
    task_.reset();
  }

  std::optional<std::string> next(bool& ended) {
    const std::lock_guard lock(mutex_);
    ended = ended_;
    if (chunks_.empty()) return std::nullopt;
    std::string chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return chunk;
  }

  void run() {
    for (bool ended = false;;) {
      if (const auto chunk = next(ended)) {
        emptied_->set();
        digest_.update(*chunk);
      } else if (ended) {
        return;
      } else {
        filled_->wait_until(soon());
      }
    }
  }

  platform::Executor& executor_;
  platform::Digest digest_{"md5"};
  std::mutex mutex_;
  std::deque<std::string> chunks_;
  bool ended_ = false;
  std::unique_ptr<platform::Event> filled_;
  std::unique_ptr<platform::Event> emptied_;
  std::unique_ptr<platform::Task> task_;
};

size_t read_fully(platform::http::BodyReader& reader, std::string& chunk) {
  chunk.resize(kChunk);
  size_t size = 0;
  while (size < kChunk) {
    const size_t count = reader.read(chunk.data() + size, kChunk - size);
    if (count == 0) break;
    size += count;
  }
  chunk.resize(size);
  return size;
}

// Reads the whole body into the store. Throws; then nothing is left in the store.
FinishUpload receive(const ImageApi& api, const ApiRequest& request, const Image& image,
                     const std::string& operation) {
  FinishUpload result;
  result.id = image.id;
  result.operation = operation;
  const auto writer = api.store.start(upload_name(image.id, operation));
  platform::Digest sha512("sha512");
  Md5InBackground md5(api.runtime.executor);
  formats::Inspection inspection(*image.disk_format, *image.container_format, api.format_rules);
  uint64_t size = 0;
  uint64_t reported = 0;
  std::string chunk;
  while (read_fully(*request.http.stream, chunk) > 0) {
    inspection.take(chunk);
    size += chunk.size();
    if (size > static_cast<uint64_t>(api.size_cap))
      throw Error(
          ErrorKind::too_large,
          fmt::format("An image may have at most {} bytes (image_size_cap).", api.size_cap));
    writer->write(chunk);
    sha512.update(chunk);
    md5.update(std::move(chunk));
    if (size - reported < kHeartbeatBytes) continue;
    reported = size;
    static_cast<void>(api.registry(request.context, ContinueUpload{image.id, operation}));
  }
  if (request.http.content_length && *request.http.content_length != size)
    throw Error(ErrorKind::bad_request, "The upload broke off before its Content-Length.");
  const formats::Verdict verdict = inspection.finish();
  if (!verdict.warning.empty())
    platform::log_warning("image looks wrong image={} warning={}", image.id, verdict.warning);
  if (verdict.virtual_size) result.virtual_size = static_cast<int64_t>(*verdict.virtual_size);
  result.size = static_cast<int64_t>(size);
  result.checksum = md5.finish_hex();
  result.os_hash_value = sha512.finish_hex();
  result.location = writer->commit();
  return result;
}

void check_uploadable(const ApiRequest& request, const Image& image) {
  const std::string_view type = request.http.headers.value("Content-Type");
  if (!base::equals_ignoring_case(base::trim(base::split(type, ';').front()),
                                  "application/octet-stream"))
    throw Error(ErrorKind::unsupported_media_type, "Send image data as application/octet-stream.");
  if (!image.disk_format || !image.container_format)
    throw Error(ErrorKind::bad_request,
                "Properties disk_format, container_format must be set prior to saving data.");
}

Response upload(const ImageApi& api, ApiRequest& request) {
  const Image image = api.own_image(request);
  check_uploadable(request, image);
  const std::string operation = api.runtime.random.uuid();
  static_cast<void>(
      api.registry(request.context, BeginUpload{image.id, operation, api.runtime.host}));
  const RunningUploads::Running running(api.uploads, image.id, operation);
  base::ScopeExit abort([&] {
    try {
      static_cast<void>(api.registry(request.context, AbortUpload{image.id, operation}));
    } catch (const Error& error) {
      platform::log_warning("upload not taken back image={} error={}", image.id, error.what());
    }
  });
  const FinishUpload finished = receive(api, request, image, operation);
  try {
    static_cast<void>(api.registry(request.context, finished));
  } catch (const Error& error) {
    // An answer that did not come may still mean "active": the bytes stay until they are found to
    // have no owner. Only a refusal says that nobody wants them.
    if (error.kind() == ErrorKind::gone) api.store.remove(finished.location);
    throw;
  }
  abort.release();
  return openstack::empty_response(204);
}

// ---- download
// --------------------------------------------------------------------------------------

struct Range {
  uint64_t first = 0;
  uint64_t length = 0;
};

// RFC 9110 section 14.2, one range.
std::optional<Range> parse_range(std::string_view header, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const auto parts = base::split(header, '-');
  if (parts.size() != 2) return std::nullopt;
  const auto first = base::parse_integer(parts[0]);
  const auto last = base::parse_integer(parts[1]);
  if (!first && !last) return std::nullopt;
  uint64_t begin = 0;
  uint64_t end = size;
  if (!first) {
    begin = size - std::min(size, static_cast<uint64_t>(*last));
  } else {
    begin = static_cast<uint64_t>(*first);
    if (last) end = std::min(size, static_cast<uint64_t>(*last) + 1);
  }
  if (begin >= end)
    throw Error(ErrorKind::range_not_satisfiable,
                fmt::format("The image has {} bytes; the range lies outside.", size));
  return Range{begin, end - begin};
}

Response download(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.visible_image(request);
  if (image.status == "deactivated" && !request.context.is_admin())
    throw Error(ErrorKind::forbidden,
                "The requested image has been deactivated. Image data download is forbidden.");
  if (!image.location) return openstack::empty_response(204);
  const auto size = static_cast<uint64_t>(image.size.value_or(0));
  const auto range = parse_range(request.http.headers.value("Range"), size);
  Response response;
  response.status = range ? 206 : 200;
  response.headers.set("Content-Type", "application/octet-stream");
  if (!range && image.checksum) response.headers.set("Content-MD5", *image.checksum);
  if (range)
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                      range->first + range->length - 1, size));
  response.stream = api.store.open(*image.location, range ? range->first : 0,
                                   range ? std::optional(range->length) : std::nullopt);
  return response;
}

}  // namespace

openstack::Routes image_data_routes(const ImageApi& api) {
  openstack::Route put{"PUT", "/images/{image_id}/file", "upload_image",
                       [&api](ApiRequest& r) { return upload(api, r); }};
  put.streams = true;
  return {put, {"GET", "/images/{image_id}/file", "download_image", [&api](ApiRequest& r) {
                  return download(api, r);
                }}};
}

}  // namespace glance::api
