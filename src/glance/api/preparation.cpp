#include "glance/api/preparation.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>

#include "glance/api/data_intake.hpp"
#include "glance/api/decompression.hpp"
#include "glance/api/glance_download.hpp"
#include "glance/api/web_download.hpp"
#include "platform/disk_conversion.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::BodyReader;

void refuse_to_go_on(const PreparationJob& job) {
  if (job.stopping) throw Error(ErrorKind::unavailable, "This glance-api ends.");
}

// What is staged: at first by the client, then by this operation, whose bytes go with it.
class Staged {
 public:
  Staged(const ImageApi& api, std::optional<std::string> location)
      : api_(api), location_(std::move(location)) {}
  ~Staged() { remove_own(); }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  [[nodiscard]] const std::string& location() const {
    if (!location_) throw Error(ErrorKind::not_found, "There is no data to import.");
    return *location_;
  }
  [[nodiscard]] std::shared_ptr<BodyReader> open() const {
    platform::http::Response bytes;
    bytes.stream = api_.staging.open(location(), 0, std::nullopt);
    return platform::http::take_body(bytes);
  }
  // Newer bytes take its place.
  void replace(std::string location) {
    remove_own();
    location_ = std::move(location);
    own_ = true;
  }
  [[nodiscard]] std::optional<std::string> release() {
    own_ = false;
    return location_;
  }

 private:
  void remove_own() {
    if (!std::exchange(own_, false)) return;
    try {
      api_.staging.remove(*location_);
    } catch (const Error& error) {  // tidying will
      platform::log_warning("staged data not removed location={} error={}", *location_,
                            error.what());
    }
  }

  const ImageApi& api_;
  std::optional<std::string> location_;
  bool own_ = false;
};

// ---- web-download

// Checked at each piece of a download that might never end.
std::function<void()> within(const ImageApi& api, const PreparationJob& job, base::Duration time) {
  const base::SteadyTime deadline = api.runtime.clock.steady() + time;
  return [&api, &job, deadline] {
    refuse_to_go_on(job);
    if (api.runtime.clock.steady() > deadline)
      throw Error(ErrorKind::bad_request, "The image could not be downloaded in the time allowed.");
  };
}

std::string url_of(const ImportInput& input) {
  return base::text_or(*base::find(input.import_req, "method"), "uri");
}

void stage_response(const ImageApi& api, const PreparationJob& job, Staged& staged,
                    platform::http::Response& response, std::optional<uint64_t> length,
                    const std::function<void()>& check) {
  const auto reader = make_web_reader(platform::http::take_body(response), check);
  staged.replace(take_in_unseen(api, {*reader, length},
                                {api.staging, upload_name(job.work.image.id, job.operation)},
                                job.still_wanted));
}

void download(const ImageApi& api, const PreparationJob& job, Staged& staged) {
  const auto check = within(api, job, api.import_rules.download_time);
  platform::http::Response response = open_web(api, url_of(job.work.task.input));
  const auto length = response.stream ? response.stream->length : std::nullopt;
  stage_response(api, job, staged, response, length, check);
}

// ---- glance-download

void download_from_glance(const ImageApi& api, const PreparationJob& job, Prepared& prepared,
                          Staged& staged) {
  if (job.token.empty())
    drivers::refuse_download("it was interrupted; it can only go on where it was asked for.");
  const auto check = within(api, job, api.import_rules.download_time);
  RemoteImage remote = find_remote_image(api, job.work.task, job.token);
  platform::http::Response response = open_remote_image(api, remote, job.token);
  stage_response(api, job, staged, response, remote.size, check);
  prepared.image.disk_format = remote.disk_format;
  prepared.image.container_format = remote.container_format;
  prepared.properties = std::move(remote.properties);
}

// ---- image_decompression

// An image that is meant to be compressed stays so: glance's image_decompression.py.
void decompress(const ImageApi& api, const PreparationJob& job, Staged& staged) {
  if (job.work.image.container_format == "compressed") return;
  std::string head(kCompressionHead, '\0');
  const auto first = staged.open();
  head.resize(first->read(head.data(), head.size()));
  const Compression compression = compression_of(head);
  if (compression == Compression::none) return;
  const auto reader = make_decompressing_reader(staged.open(), compression);
  const std::string name = upload_name(job.work.image.id, job.operation) + ".plain";
  staged.replace(take_in_unseen(api, {*reader, std::nullopt}, {api.staging, name}, [&] {
    refuse_to_go_on(job);
    job.still_wanted();
  }));
}

// ---- image_conversion

struct DiskFormat {
  std::string_view name;  // Glance's
  std::string_view qemu;  // QEMU's; empty: no disk that could be converted, it stays as it is
};
constexpr std::array kDiskFormats{
    DiskFormat{"raw", "raw"},     DiskFormat{"gpt", "raw"},
    DiskFormat{"qcow2", "qcow2"}, DiskFormat{"vmdk", "vmdk"},
    DiskFormat{"vdi", "vdi"},     DiskFormat{"vhd", "vpc"},
    DiskFormat{"vhdx", "vhdx"},   DiskFormat{"ploop", "parallels"},
    DiskFormat{"iso", ""},        DiskFormat{"aki", ""},
    DiskFormat{"ari", ""},        DiskFormat{"ami", ""},
};

std::string_view qemu_format(const Image& image) {
  for (const char* archive : {"ova", "docker", "compressed"})
    if (image.container_format == archive)
      throw Error(ErrorKind::bad_request,
                  fmt::format("A container {} can not be converted.", archive));
  for (const DiskFormat& format : kDiskFormats)
    if (format.name == image.disk_format) return format.qemu;
  throw Error(ErrorKind::bad_request,
              fmt::format("Disk format {} can not be converted.", *image.disk_format));
}

// Its virtual size. Throws unless it is safe and of the format that it is said to be: QEMU would
// follow what is in another one.
uint64_t inspect_before_conversion(const ImageApi& api, const Image& image, const Staged& staged) {
  formats::Rules rules = api.format_rules;
  rules.require_match = true;
  formats::Inspection inspection(*image.disk_format, *image.container_format, rules);
  const auto reader = staged.open();
  std::string chunk(size_t{1} << 20, '\0');
  uint64_t size = 0;
  while (const size_t count = reader->read(chunk.data(), chunk.size())) {
    inspection.take(std::string_view(chunk).substr(0, count));
    size += count;
  }
  return inspection.finish().virtual_size.value_or(size);
}

std::string path_of_staged(const std::string& location) {
  constexpr std::string_view kScheme = "file://";
  if (!location.starts_with(kScheme))
    throw Error(ErrorKind::internal, "What is staged is no file.", location);
  return location.substr(kScheme.size());
}

void convert(const ImageApi& api, const PreparationJob& job, Image& image, Staged& staged) {
  const std::string& target = api.import_rules.output_format;
  const std::string_view source = qemu_format(image);
  if (source.empty()) return;
  const uint64_t virtual_size = inspect_before_conversion(api, image, staged);
  if (source == target) return;
  if (virtual_size > static_cast<uint64_t>(api.size_cap))
    throw Error(ErrorKind::too_large,
                fmt::format("An image may have at most {} bytes (image_size_cap).", api.size_cap));
  refuse_to_go_on(job);
  const std::string from = path_of_staged(staged.location());
  const std::string to =
      from.substr(0, from.rfind('/') + 1) + upload_name(image.id, job.operation) + ".converted";
  platform::convert_disk({from, std::string(source), to, target, virtual_size});
  staged.replace("file://" + to);
  image.disk_format = target;
  image.container_format = "bare";
}

}  // namespace

Prepared prepare(const ImageApi& api, const PreparationJob& job) {
  Prepared prepared{job.work.image, {}};
  Image& image = prepared.image;
  const std::string method = import_method(job.work.task.input);
  if (job.work.prepared || method == kCopyImage) return prepared;
  Staged staged(api, image.staged_location);
  if (method == kWebDownload) download(api, job, staged);
  if (method == kGlanceDownload) download_from_glance(api, job, prepared, staged);
  for (const Plugin plugin : api.import_rules.plugins) {
    if (plugin == Plugin::image_decompression) decompress(api, job, staged);
    if (plugin == Plugin::image_conversion) convert(api, job, image, staged);
  }
  image.staged_location = staged.release();
  return prepared;
}

}  // namespace glance::api
