#include "glance/drivers/rbd_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "glance/drivers/chunked_writer.hpp"
#include "platform/log.hpp"
#include "platform/rbd/families.hpp"
#include "platform/sparse_write.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::rbd::Access;
using platform::rbd::Image;
using platform::rbd::kContentSnapshot;
using platform::rbd::Pool;

constexpr std::string_view kRbdScheme = "rbd://";

// Of the store and of those that write to it.
struct Place {
  explicit Place(const platform::rbd::PoolOptions& options) : pool(options) {}
  Pool pool;
  platform::rbd::Families families{pool};
};

// Its size is known at the end only: it grows in ever larger steps, which cost nothing.
class GrowingImage {
 public:
  explicit GrowingImage(Image image) : image_(std::move(image)) {}
  void append(std::string_view bytes, bool skip_zeros) {
    if (size_ + bytes.size() > room_) grow(size_ + bytes.size());
    if (!skip_zeros || !platform::is_all_zero(bytes)) image_.write(size_, bytes);
    size_ += bytes.size();
  }
  // The image is just as long as what it was given.
  void finish() {
    if (room_ != size_) image_.resize(size_);
    image_.flush();
    image_.create_snapshot(kContentSnapshot);
  }

 private:
  void grow(uint64_t wanted) {
    constexpr uint64_t kFirstRoom = uint64_t{64} << 20;
    constexpr uint64_t kLargestStep = uint64_t{8} << 30;
    room_ = std::max({wanted, kFirstRoom, room_ + std::min(room_, kLargestStep)});
    image_.resize(room_);
  }

  Image image_;
  uint64_t size_ = 0;
  uint64_t room_ = 0;
};

class RbdWriter final : public ImageStore::Writer {
 public:
  RbdWriter(std::shared_ptr<Place> place, const RbdStoreOptions& options, std::string name,
            std::string location)
      : place_(std::move(place)),
        options_(options),
        name_(std::move(name)),
        location_(std::move(location)) {
    place_->pool.create(name_, 0, options_.object_bytes);
    image_.emplace(place_->pool.open(name_, Access::write));
  }
  ~RbdWriter() override {
    if (committed_) return;
    image_.reset();
    try {
      place_->families.dispose(name_);
    } catch (const Error& error) {
      // It has no owner: the service tidies it away later.
      platform::log_warning("interrupted upload not removed image={} error={}", name_,
                            error.what());
    }
  }
  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, options_.object_bytes - buffer_.size());
      buffer_.append(piece);
      bytes.remove_prefix(piece.size());
      if (buffer_.size() == options_.object_bytes) write_object();
    }
  }
  std::string commit() override {
    if (!buffer_.empty()) write_object();
    image_->finish();
    image_.reset();
    committed_ = true;
    return location_;
  }

 private:
  void write_object() {
    image_->append(buffer_, options_.thin);
    buffer_.clear();
  }

  std::shared_ptr<Place> place_;
  RbdStoreOptions options_;
  std::string name_;
  std::string location_;
  std::optional<GrowingImage> image_;
  std::string buffer_;  // of the object that comes next
  bool committed_ = false;
};

// A part of an image, which stays open for it.
class RbdImageReader final : public platform::http::BodyReader {
 public:
  RbdImageReader(Image image, uint64_t offset, uint64_t length)
      : image_(std::move(image)), offset_(offset), left_(length) {}
  size_t read(char* buffer, size_t size) override {
    const size_t count = image_.read(offset_, buffer, std::min<uint64_t>(size, left_));
    offset_ += count;
    left_ -= count;
    return count;
  }

 private:
  Image image_;
  uint64_t offset_;
  uint64_t left_;
};

class RbdStore final : public ImageStore {
 public:
  explicit RbdStore(RbdStoreOptions options)
      : options_(std::move(options)), place_(std::make_shared<Place>(options_.pool)) {}

  std::unique_ptr<Writer> start(const std::string& name) override {
    return std::make_unique<RbdWriter>(place_, options_, name, location_of(name));
  }

  std::shared_ptr<platform::http::BodySource> open(const std::string& location, uint64_t offset,
                                                   std::optional<uint64_t> length) override {
    Image image = open_snapshot(name_of(location));
    const uint64_t size = image.size();
    auto source = std::make_shared<platform::http::BodySource>();
    const uint64_t start = std::min(offset, size);
    source->length = std::min(length.value_or(size), size - start);
    source->reader = std::make_unique<RbdImageReader>(std::move(image), start, *source->length);
    return source;
  }

  bool holds(const std::string& location) const override {
    if (!location.starts_with(kRbdScheme)) return false;
    const std::string prefix = location_prefix();
    return location.starts_with(prefix) && location.ends_with(suffix()) &&
           location.size() > prefix.size() + suffix().size() &&
           location.find('/', prefix.size()) == location.size() - suffix().size();
  }

  void remove(const std::string& location) override {
    const std::string name = name_of(location);
    place_->families.dispose(name);
    for (const std::string& kept : place_->families.list_kept_in_vain(kept_of(name)))
      place_->families.dispose(kept);
  }

  // Of what is kept for clones: only what has none any more.
  std::vector<Stored> list() override {
    const auto names = place_->pool.list();
    std::vector<Stored> all;
    for (const std::string& name : names)
      if (is_upload_name(name)) all.push_back({location_of(name), name});
    std::vector<std::string> kept;
    std::copy_if(names.begin(), names.end(), std::back_inserter(kept), is_kept_upload);
    for (const std::string& each : place_->families.list_kept_in_vain(kept)) {
      const std::string name = platform::rbd::name_before_disposal(each);
      all.push_back({location_of(name), name});
    }
    return all;
  }

 private:
  static std::string suffix() { return std::string("/") + kContentSnapshot; }
  std::string location_prefix() const {
    return fmt::format("{}{}/{}/", kRbdScheme, place_->pool.fsid(), options_.pool.pool);
  }
  std::string location_of(const std::string& name) const {
    return location_prefix() + name + suffix();
  }
  // Only what lies in this store, whatever a row says.
  std::string name_of(const std::string& location) const {
    if (!holds(location))
      throw Error(ErrorKind::internal, "The image's location is not in this store.", location);
    const std::string prefix = location_prefix();
    return location.substr(prefix.size(), location.size() - prefix.size() - suffix().size());
  }
  static bool is_kept_upload(const std::string& name) {
    return platform::rbd::is_kept(name) &&
           is_upload_name(platform::rbd::name_before_disposal(name));
  }
  std::vector<std::string> kept_of(const std::string& name) {
    auto names = place_->pool.list();
    std::erase_if(names, [&](const std::string& each) {
      return !is_kept_upload(each) || platform::rbd::name_before_disposal(each) != name;
    });
    return names;
  }
  Image open_snapshot(const std::string& name) {
    try {
      return place_->pool.open(name, Access::read, kContentSnapshot);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
      throw Error(ErrorKind::not_found, "The image's data is gone.", error.what());
    }
  }

  const RbdStoreOptions options_;
  std::shared_ptr<Place> place_;
};

}  // namespace

std::unique_ptr<ImageStore> make_rbd_store(RbdStoreOptions options) {
  return std::make_unique<RbdStore>(std::move(options));
}

}  // namespace glance::drivers
