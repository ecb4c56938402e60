#include "glance/api/data_intake.hpp"

#include <fmt/core.h>

#include <deque>
#include <limits>

#include "glance/formats/inspection.hpp"
#include "glance/storage_quota.hpp"
#include "platform/crypto.hpp"
#include "platform/executor.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

constexpr size_t kChunk = 1 << 20;
constexpr uint64_t kAskAgain = 256U << 20;  // bytes

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

// Writes what comes to the store, piece by piece, and shows each piece to `look` before.
class Passage {
 public:
  Passage(const ImageApi& api, const Target& target, const StillWanted& still_wanted)
      : api_(api),
        still_wanted_(still_wanted),
        remaining_(target.remaining),
        writer_(target.store.start(target.name)) {}

  template <class Look>
  void pass(Source source, Look look) {
    std::string chunk;
    require_storage_for(source.length.value_or(0));
    while (read_fully(source.reader, chunk) > 0) {
      count(chunk.size());
      writer_->write(chunk);
      look(chunk);
    }
    if (source.length && *source.length != size_)
      throw Error(ErrorKind::bad_request, "The upload broke off before its Content-Length.");
  }
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] std::string commit() { return writer_->commit(); }

 private:
  void count(size_t more) {
    size_ += more;
    if (size_ > static_cast<uint64_t>(api_.size_cap))
      throw Error(
          ErrorKind::too_large,
          fmt::format("An image may have at most {} bytes (image_size_cap).", api_.size_cap));
    require_storage_for(size_);
    if (size_ - asked_ < kAskAgain) return;
    asked_ = size_;
    still_wanted_();
  }

  void require_storage_for(uint64_t size) const {
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    if (remaining_) require_remaining(static_cast<int64_t>(std::min(size, kMost)), *remaining_);
  }

  const ImageApi& api_;
  const StillWanted& still_wanted_;
  const std::optional<int64_t> remaining_;
  std::unique_ptr<drivers::ImageStore::Writer> writer_;
  uint64_t size_ = 0;
  uint64_t asked_ = 0;
};

}  // namespace

std::optional<int64_t> remaining_storage(const ImageApi& api, const openstack::Context& context,
                                         const Image& image) {
  if (api.quotas.storage == 0) return std::nullopt;
  return api.quotas.storage - api.registry(context, GetStorageUse{image.owner, image.id}).bytes;
}

StoredData take_in(const ImageApi& api, const Image& image, Source source, const Target& target,
                   const StillWanted& still_wanted) {
  Passage passage(api, target, still_wanted);
  platform::Digest sha512("sha512");
  Md5InBackground md5(api.runtime.executor);
  formats::Inspection inspection(*image.disk_format, *image.container_format, api.format_rules);
  passage.pass(source, [&](std::string& chunk) {
    inspection.take(chunk);
    sha512.update(chunk);
    md5.update(std::move(chunk));
  });
  const formats::Verdict verdict = inspection.finish();
  if (!verdict.warning.empty())
    platform::log_warning("image looks wrong image={} warning={}", image.id, verdict.warning);
  StoredData data;
  if (verdict.virtual_size) data.virtual_size = static_cast<int64_t>(*verdict.virtual_size);
  data.size = static_cast<int64_t>(passage.size());
  data.checksum = md5.finish_hex();
  data.os_hash_value = sha512.finish_hex();
  data.location = passage.commit();
  return data;
}

std::string take_in_unseen(const ImageApi& api, Source source, const Target& target,
                           const StillWanted& still_wanted) {
  Passage passage(api, target, still_wanted);
  passage.pass(source, [](const std::string&) {});
  return passage.commit();
}

}  // namespace glance::api
