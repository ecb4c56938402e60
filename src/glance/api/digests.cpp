#include "glance/api/digests.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "platform/crypto.hpp"

namespace glance::api {
namespace {

constexpr size_t kRoom = 256U << 10;  // bytes; stays in the caches of the processors
constexpr size_t kRooms = 8;          // of one upload

struct Room {
  std::unique_ptr<char[]> bytes;  // NOLINT(modernize-avoid-c-arrays): not to be zeroed
  size_t size = 0;
  [[nodiscard]] std::string_view text() const { return {bytes.get(), size}; }
};

// A ring of rooms: one fills them in turn, and each digest follows at its own pace.
class Ring {
 public:
  explicit Ring(platform::Executor& executor) : left_(executor.make_event()) {}

  // ---- of the one who fills it

  Room& to_fill() {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (filled_ - std::min(done_[0], done_[1]) < kRooms) break;
      }
      left_->wait_until(platform::kNever);
    }
    Room& room = rooms_[filled_ % kRooms];
    if (!room.bytes) room.bytes = std::make_unique_for_overwrite<char[]>(kRoom);
    return room;
  }
  void fill(size_t size) {
    const std::lock_guard lock(mutex_);
    rooms_[filled_++ % kRooms].size = size;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  [[nodiscard]] uint64_t filled() const { return filled_; }
  [[nodiscard]] const Room& first() const { return rooms_[0]; }

  // ---- of the digest `which`

  // Null: there is none, or not yet.
  const Room* next(size_t which, bool& ended) {
    const std::lock_guard lock(mutex_);
    ended = ended_;
    return done_[which] < filled_ ? &rooms_[done_[which] % kRooms] : nullptr;
  }
  void leave(size_t which) {
    {
      const std::lock_guard lock(mutex_);
      ++done_[which];
    }
    left_->set();
  }

 private:
  std::array<Room, kRooms> rooms_;
  std::mutex mutex_;
  uint64_t filled_ = 0;
  std::array<uint64_t, 2> done_{};
  bool ended_ = false;
  std::unique_ptr<platform::Event> left_;
};

class DigestTask {
 public:
  DigestTask(platform::Executor& executor, Ring& ring, size_t which, const char* algorithm,
             platform::Digest& digest)
      : ring_(ring),
        which_(which),
        digest_(digest),
        filled_(executor.make_event()),
        task_(executor.start(algorithm, [this] { run(); })) {}

  void wake() { filled_->set(); }

 private:
  void run() {
    for (bool ended = false;;) {
      if (const Room* room = ring_.next(which_, ended)) {
        digest_.update(room->text());
        ring_.leave(which_);
      } else if (ended) {
        return;
      } else {
        filled_->wait_until(platform::kNever);
      }
    }
  }

  Ring& ring_;
  const size_t which_;
  platform::Digest& digest_;
  std::unique_ptr<platform::Event> filled_;
  std::unique_ptr<platform::Task> task_;
};

}  // namespace

struct Digests::State {
  explicit State(platform::Executor& its_executor) : executor(its_executor), ring(executor) {}

  void start() {
    tasks[0].emplace(executor, ring, 0, "md5", md5);
    tasks[1].emplace(executor, ring, 1, "sha512", sha512);
  }
  void wake() {
    for (auto& task : tasks)
      if (task) task->wake();
  }
  // The digests have all that was filled.
  void end() {
    ring.end();
    wake();
    for (auto& task : tasks) task.reset();
  }

  platform::Executor& executor;
  Ring ring;
  platform::Digest md5{"md5"};
  platform::Digest sha512{"sha512"};
  std::array<std::optional<DigestTask>, 2> tasks;
};

Digests::Digests(platform::Executor& executor) : state_(std::make_unique<State>(executor)) {}

Digests::~Digests() { state_->end(); }

std::span<char> Digests::room() {
  if (state_->ring.filled() == 1 && !state_->tasks[0]) state_->start();
  return {state_->ring.to_fill().bytes.get(), kRoom};
}

void Digests::take(size_t size) {
  state_->ring.fill(size);
  state_->wake();
}

Digests::Values Digests::finish() {
  State& state = *state_;
  if (!state.tasks[0] && state.ring.filled() == 1) {
    state.md5.update(state.ring.first().text());
    state.sha512.update(state.ring.first().text());
  }
  state.end();
  return {state.md5.finish_hex(), state.sha512.finish_hex()};
}

}  // namespace glance::api
