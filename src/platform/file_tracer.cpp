#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "platform/executor.hpp"
#include "platform/log.hpp"
#include "platform/trace.hpp"
#include "platform/trace_line.hpp"

namespace platform {
namespace {

// Hops that wait for the disk; more are dropped.
constexpr size_t kMaxWaiting = 100'000;
constexpr base::Duration kBatching = std::chrono::milliseconds(100);

// An append-only file that is replaced when it is full.
class RotatingFile {
 public:
  RotatingFile(std::string path, size_t max_bytes)
      : path_(std::move(path)), max_bytes_(max_bytes) {}
  ~RotatingFile() { close(); }
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // False, with errno set: it was not (wholly) written.
  bool append(std::string_view lines) {
    if (fd_ < 0 && !open()) return false;
    if (size_ > 0 && size_ + lines.size() > max_bytes_ && !rotate()) return false;
    while (!lines.empty()) {
      const ssize_t written = ::write(fd_, lines.data(), lines.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      size_ += static_cast<size_t>(written);
      lines.remove_prefix(static_cast<size_t>(written));
    }
    return true;
  }

 private:
  bool open() {
    const std::filesystem::path path(path_);
    std::error_code ignored;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
    fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd_ < 0) return false;
    struct stat status{};
    size_ = ::fstat(fd_, &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
    end_torn_line();
    return true;
  }

  // A process that was killed may have left half a line; the next one must not be glued to it.
  void end_torn_line() {
    char last = '\n';
    if (size_ == 0 || ::pread(fd_, &last, 1, static_cast<off_t>(size_ - 1)) != 1) return;
    if (last != '\n' && ::write(fd_, "\n", 1) == 1) ++size_;
  }

  bool rotate() {
    close();
    std::filesystem::path former(path_);
    former.replace_filename(former.stem().string() + ".1" + former.extension().string());
    if (::rename(path_.c_str(), former.c_str()) != 0) return false;
    return open();
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::string path_;
  size_t max_bytes_;
  size_t size_ = 0;
  int fd_ = -1;
};

class FileTracer final : public Tracer {
 public:
  FileTracer(const std::string& path, size_t max_bytes)
      : path_(path),
        file_(path, max_bytes),
        hops_waiting_(system_executor().make_event()),
        stop_(system_executor().make_event()),
        writer_(system_executor().start("tracer", [this] { write_until_stopped(); })) {}

  ~FileTracer() override {
    stopping_ = true;
    stop_->set();
    hops_waiting_->set();
    writer_.reset();
  }

  void record(Hop hop) override {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= kMaxWaiting) return;
      first = waiting_.empty();
      waiting_.push_back(std::move(hop));
    }
    if (first) hops_waiting_->set();
  }

 private:
  void write_until_stopped() {
    while (!stopping_) {
      if (!hops_waiting_->wait_until(kNever)) continue;
      // One write for all that come in a moment.
      stop_->wait_until(system_clock().steady() + kBatching);
      write_waiting();
    }
    write_waiting();
  }

  void write_waiting() {
    std::vector<Hop> hops;
    {
      const std::lock_guard lock(mutex_);
      hops.swap(waiting_);
    }
    std::string lines;
    for (const Hop& hop : hops) lines += to_trace_line(hop);
    if (lines.empty()) return;
    const bool written = file_.append(lines);
    if (!written && !failing_)
      log_warning("can not write the trace file={} error={}", path_, std::strerror(errno));
    failing_ = !written;
  }

  const std::string path_;
  RotatingFile file_;     // used by the writer only
  bool failing_ = false;  // used by the writer only
  std::mutex mutex_;
  std::vector<Hop> waiting_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<Event> hops_waiting_;
  std::unique_ptr<Event> stop_;
  std::unique_ptr<Task> writer_;  // last: it uses all the others
};

}  // namespace

std::unique_ptr<Tracer> make_file_tracer(const std::string& file, size_t max_bytes) {
  return std::make_unique<FileTracer>(file, max_bytes);
}

}  // namespace platform
