// Upload and download.
#include <fmt/core.h>

#include "base/text.hpp"
#include "glance/api/data_intake.hpp"
#include "glance/api/upload.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

// ---- upload

// The store that the client wants, else the default.
std::string wanted_store(const ImageApi& api, const ApiRequest& request) {
  if (!api.stores.have_names()) return "";
  const auto wanted = request.http.headers.get("X-Image-Meta-Store");
  return std::string(wanted.value_or(api.stores.default_id()));
}

Response upload(const ImageApi& api, ApiRequest& request) {
  const Image image = api.own_image(request);
  require_octet_stream(request);
  if (!image.disk_format || !image.container_format)
    throw Error(ErrorKind::bad_request,
                "Properties disk_format, container_format must be set prior to saving data.");
  const std::string store_name = wanted_store(api, request);
  drivers::ImageStore& store = api.stores.get(store_name);
  Upload upload(api, request.context, image.id, "saving");
  const StoredData data =
      take_in(api, image, {*request.http.stream, request.http.content_length},
              {store, upload.name(), remaining_storage(api, request.context, image)},
              [&] { upload.ask_whether_wanted(); });
  upload.finish(FinishUpload{image.id, upload.operation(), store_name, data, api.quotas.storage},
                store, data.location);
  return openstack::empty_response(204);
}

// ---- download

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
  if (image.locations.empty()) return openstack::empty_response(204);
  const auto size = static_cast<uint64_t>(image.size.value_or(0));
  const auto range = parse_range(request.http.headers.value("Range"), size);
  Response response;
  response.status = range ? 206 : 200;
  response.headers.set("Content-Type", "application/octet-stream");
  if (!range && image.checksum) response.headers.set("Content-MD5", *image.checksum);
  if (range)
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                      range->first + range->length - 1, size));
  response.stream = api.open_data(image, range ? range->first : 0,
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
