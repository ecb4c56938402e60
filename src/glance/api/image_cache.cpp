#include "glance/api/image_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "platform/crypto.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncomplete = "/incomplete";
constexpr std::string_view kQueue = "/queue";

timespec to_timespec(base::TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), std::chrono::nanoseconds(time - seconds).count()};
}

base::TimePoint from_timespec(const timespec& time) {
  return base::TimePoint(
      std::chrono::seconds(time.tv_sec) +
      std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(time.tv_nsec)));
}

// Names of files that are images' ids; what else lies there is not ours.
std::vector<std::string> list_ids(const std::string& directory) {
  std::vector<std::string> ids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (std::string name = entry.path().filename().string(); base::is_uuid(name))
      ids.push_back(std::move(name));
  std::ranges::sort(ids);
  return ids;
}

void sync_cache_directory(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

// Reads on while what it reads is cached.
class KeepingReader final : public platform::http::BodyReader {
 public:
  KeepingReader(std::unique_ptr<platform::http::BodyReader> reader,
                std::unique_ptr<ImageCache::Filling> filling)
      : reader_(std::move(reader)), filling_(std::move(filling)) {}

  size_t read(char* buffer, size_t size) override {
    const size_t count = reader_->read(buffer, size);
    if (count > 0)
      filling_->write({buffer, count});
    else
      filling_->commit();
    return count;
  }

 private:
  std::unique_ptr<platform::http::BodyReader> reader_;
  std::unique_ptr<ImageCache::Filling> filling_;
};

}  // namespace

ImageCache::ImageCache(CacheOptions options, const platform::Runtime& runtime)
    : options_(std::move(options)), runtime_(runtime) {
  for (const std::string_view part : {std::string_view(), kIncomplete, kQueue}) {
    std::error_code error;
    fs::create_directories(options_.directory + std::string(part), error);
    if (error)
      throw base::Error(
          base::ErrorKind::unavailable,
          fmt::format("cannot make image_cache_dir {}: {}", options_.directory, error.message()));
  }
  const base::TimePoint stalled = runtime_.clock.now() - options_.stall_time;
  std::error_code error;
  for (const auto& entry :
       fs::directory_iterator(options_.directory + std::string(kIncomplete), error)) {
    struct stat status{};
    if (::stat(entry.path().c_str(), &status) == 0 && from_timespec(status.st_mtim) < stalled)
      ::unlink(entry.path().c_str());
  }
}

std::string ImageCache::path_of(const std::string& image_id) const {
  if (!base::is_uuid(image_id))
    throw base::Error(base::ErrorKind::not_found, fmt::format("Image {} not found.", image_id));
  return options_.directory + "/" + image_id;
}

std::shared_ptr<platform::http::BodySource> ImageCache::open(const Image& image, uint64_t offset,
                                                             std::optional<uint64_t> length) {
  const std::string path = path_of(image.id);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  auto source = std::make_shared<platform::http::BodySource>();
  source->file = file;
  struct stat status{};
  if (::fstat(file, &status) != 0 || status.st_size != image.size.value_or(-1)) return nullptr;
  const std::array<timespec, 2> times{to_timespec(runtime_.clock.now()), status.st_mtim};
  ::futimens(file, times.data());
  {
    const std::lock_guard lock(mutex_);
    ++hits_[image.id];
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  source->offset = std::min(offset, size);
  source->length = std::min(length.value_or(size), size - source->offset);
  return source;
}

std::shared_ptr<platform::http::BodySource> ImageCache::keep(
    const Image& image, std::shared_ptr<platform::http::BodySource> source) {
  if (!source->reader) return source;  // a file: no faster here
  if (auto filling = fill(image))
    source->reader = std::make_unique<KeepingReader>(std::move(source->reader), std::move(filling));
  return source;
}

std::unique_ptr<ImageCache::Filling> ImageCache::fill(const Image& image) {
  if (!image.size || !image.os_hash_value || image.os_hash_algo != "sha512") return nullptr;
  if (static_cast<uint64_t>(*image.size) > options_.max_size) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!filling_.insert(image.id).second) return nullptr;
  }
  return std::make_unique<Filling>(shared_from_this(), image);
}

std::vector<CachedImage> ImageCache::list() const {
  std::vector<CachedImage> all;
  for (const std::string& id : list_ids(options_.directory)) {
    struct stat status{};
    if (::stat(path_of(id).c_str(), &status) != 0) continue;
    const std::lock_guard lock(mutex_);
    const auto hits = hits_.find(id);
    all.push_back({id, status.st_size, hits == hits_.end() ? 0 : hits->second,
                   from_timespec(status.st_atim), from_timespec(status.st_mtim)});
  }
  return all;
}

bool ImageCache::is_filling(const std::string& image_id) const {
  const std::lock_guard lock(mutex_);
  return filling_.contains(image_id);
}

void ImageCache::prune() {
  auto all = list();
  std::ranges::sort(all, {}, &CachedImage::last_accessed);
  uint64_t total = 0;
  for (const CachedImage& image : all) total += static_cast<uint64_t>(image.size);
  for (const CachedImage& image : all) {
    if (total <= options_.max_size) return;
    total -= static_cast<uint64_t>(image.size);
    remove(image.id);
  }
}

void ImageCache::remove(const std::string& image_id) {
  ::unlink(path_of(image_id).c_str());
  const std::lock_guard lock(mutex_);
  hits_.erase(image_id);
}

void ImageCache::forget(const std::string& image_id) {
  {
    const std::lock_guard lock(mutex_);
    filling_.erase(image_id);  // it is not committed then
  }
  remove(image_id);
  unqueue(image_id);
}

void ImageCache::clear() {
  for (const std::string& id : list_ids(options_.directory)) remove(id);
}

std::vector<std::string> ImageCache::queued() const {
  return list_ids(options_.directory + std::string(kQueue));
}

void ImageCache::queue(const std::string& image_id) {
  static_cast<void>(path_of(image_id));
  const std::string path = options_.directory + std::string(kQueue) + "/" + image_id;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    throw base::Error(base::ErrorKind::internal, "The image cache failed.",
                      fmt::format("create {}: {}", path, std::strerror(errno)));
  ::close(file);
}

void ImageCache::unqueue(const std::string& image_id) {
  static_cast<void>(path_of(image_id));
  ::unlink((options_.directory + std::string(kQueue) + "/" + image_id).c_str());
}

void ImageCache::clear_queue() {
  for (const std::string& id : queued()) unqueue(id);
}

// ---- one image on its way in

struct ImageCache::Filling::State {
  std::shared_ptr<ImageCache> cache;
  std::string id;
  std::string hash;  // sha512, hex
  int64_t size = 0;
  std::string path = {};
  int file = -1;
  int64_t written = 0;
  platform::Digest digest{"sha512"};

  void give_up() {
    if (file < 0) return;
    platform::log_warning("image not cached image={} error={}", id, std::strerror(errno));
    drop();
  }
  void drop() {
    if (file < 0) return;
    ::close(file);
    ::unlink(path.c_str());
    file = -1;
  }
};

ImageCache::Filling::Filling(std::shared_ptr<ImageCache> cache, const Image& image)
    : state_(std::make_unique<State>(
          State{std::move(cache), image.id, *image.os_hash_value, *image.size})) {
  const ImageCache& owner = *state_->cache;
  state_->path = fmt::format("{}{}/{}.{}", owner.options_.directory, kIncomplete, image.id,
                             owner.runtime_.random.uuid());
  state_->file = ::open(state_->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (state_->file < 0)
    platform::log_warning("image not cached image={} error={}", image.id, std::strerror(errno));
}

ImageCache::Filling::~Filling() {
  state_->drop();
  const std::lock_guard lock(state_->cache->mutex_);
  state_->cache->filling_.erase(state_->id);
}

void ImageCache::Filling::write(std::string_view bytes) {
  if (state_->file < 0) return;
  state_->digest.update(bytes);
  state_->written += static_cast<int64_t>(bytes.size());
  if (state_->written > state_->size) return state_->drop();
  while (!bytes.empty()) {
    const ssize_t count = ::write(state_->file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return state_->give_up();
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

bool ImageCache::Filling::commit() {
  if (state_->file < 0) return false;
  if (state_->written != state_->size || state_->digest.finish_hex() != state_->hash) {
    platform::log_warning("image not cached, its bytes are not whole image={}", state_->id);
    state_->drop();
    return false;
  }
  ImageCache& cache = *state_->cache;
  if (!cache.is_filling(state_->id)) {
    state_->drop();
    return false;
  }
  const timespec now = to_timespec(cache.runtime_.clock.now());
  const std::array<timespec, 2> times{now, now};
  if (::futimens(state_->file, times.data()) != 0 || ::fsync(state_->file) != 0 ||
      ::rename(state_->path.c_str(), cache.path_of(state_->id).c_str()) != 0) {
    state_->give_up();
    return false;
  }
  ::close(state_->file);
  state_->file = -1;
  sync_cache_directory(cache.options_.directory);
  cache.prune();
  return true;
}

}  // namespace glance::api
