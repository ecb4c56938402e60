#include "glance/drivers/object_requests.hpp"

#include <fmt/core.h>

#include "platform/log.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Response;

constexpr int kAttempts = 3;
constexpr base::Duration kPause = std::chrono::milliseconds{500};

bool is_passing(const Error& error) {
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout ||
         error.kind() == ErrorKind::bad_gateway;
}

}  // namespace

Response send_patiently(const platform::Runtime& runtime, const std::function<Response()>& send) {
  for (int attempt = 1; attempt < kAttempts; ++attempt) {
    try {
      Response response = send();
      if (response.status < 500) return response;
      platform::log_warning("object storage fails status={} attempt={}", response.status, attempt);
    } catch (const Error& error) {
      if (!is_passing(error)) throw;
      platform::log_warning("object storage not reached attempt={} error={}", attempt,
                            error.what());
    }
    runtime.executor.sleep_for(kPause * attempt);
  }
  return send();
}

void require_success(const Response& response, const std::string& what, int also) {
  if (response.status < 300 || response.status == also) return;
  const std::string detail =
      fmt::format("{}: status {}: {}", what, response.status, response.body.substr(0, 500));
  if (response.status == 404)
    throw Error(ErrorKind::not_found, "The image's data is gone.", detail);
  if (response.status == 413 || response.status == 507)
    throw Error(ErrorKind::too_large, "There is not enough room in the image storage.", detail);
  if (response.status >= 500)
    throw Error(ErrorKind::unavailable, "The image storage does not answer.", detail);
  throw Error(ErrorKind::internal, "The image store failed.", detail);
}

std::string range_header(uint64_t offset, std::optional<uint64_t> length) {
  if (offset == 0 && !length) return "";
  return length ? fmt::format("bytes={}-{}", offset, offset + *length - 1)
                : fmt::format("bytes={}-", offset);
}

std::shared_ptr<platform::http::BodySource> source_of(Response response) {
  if (response.stream && response.status < 300) return response.stream;
  auto source = std::make_shared<platform::http::BodySource>();
  std::string bytes = response.status < 300 ? std::move(response.body) : "";
  source->length = bytes.size();
  source->reader = platform::http::make_text_reader(std::move(bytes));
  return source;
}

}  // namespace glance::drivers
