#include "platform/failure_points.hpp"

#ifdef NEPHELE_FAILURE_POINTS

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

namespace platform {
namespace {

void note(const std::string& file, const std::string& line) {
  const int passed = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (passed < 0) return;
  static_cast<void>(::write(passed, line.data(), line.size()) < 0);
  ::close(passed);
}

bool is_armed(const std::string& file, const std::string& name) {
  std::ifstream armed(file);
  std::string wanted;
  return std::getline(armed, wanted) && wanted == name;
}

void pass(std::string_view kind, std::string_view what, std::string_view side) {
  static const char* const directory = std::getenv("NEPHELE_FAILURE_POINTS");
  if (!directory) return;
  const std::string name = fmt::format("{} {} {}", kind, what, side);
  note(fmt::format("{}/passed", directory), name + "\n");
  const std::string armed = fmt::format("{}/armed", directory);
  // Of two threads at the point, one removes the file: one death for each that was asked for.
  if (!is_armed(armed, name) || ::unlink(armed.c_str()) != 0) return;
  ::kill(::getpid(), SIGKILL);
}

class PointedDatabase : public Database {
 public:
  explicit PointedDatabase(std::unique_ptr<Database> database) : database_(std::move(database)) {}

 protected:
  void run_read(const char*, const std::function<void(Session&)>& work) override {
    database_->read(work);
  }
  void run_write(const char* name, const std::function<void(Session&)>& work) override {
    pass("commit", name, "before");
    database_->write(name, work);
    pass("commit", name, "after");
  }

 private:
  std::unique_ptr<Database> database_;
};

class PointedBus : public Bus {
 public:
  explicit PointedBus(std::unique_ptr<Bus> bus) : bus_(std::move(bus)) {}

  base::Json call(const std::string& topic, Message message, base::Duration timeout) override {
    const std::string type = message.type;
    pass("call", type, "before");
    base::Json answer = bus_->call(topic, std::move(message), timeout);
    pass("call", type, "after");
    return answer;
  }
  void cast(const std::string& topic, Message message, std::function<void()> settled) override {
    const std::string type = message.type;
    pass("cast", type, "before");
    bus_->cast(topic, std::move(message), std::move(settled));
    pass("cast", type, "after");
  }
  bool keeps_casts() const override { return bus_->keeps_casts(); }
  bool reaches_broker() const override { return bus_->reaches_broker(); }
  void fanout(const std::string& topic, Message message) override {
    const std::string type = message.type;
    pass("fanout", type, "before");
    bus_->fanout(topic, std::move(message));
    pass("fanout", type, "after");
  }
  std::unique_ptr<Subscription> subscribe(const std::string& topic, MessageHandler handler,
                                          SubscribeOptions options) override {
    return bus_->subscribe(topic, pointed(std::move(handler)), std::move(options));
  }
  std::unique_ptr<Subscription> subscribe_fanout(const std::string& topic, MessageHandler handler,
                                                 SubscribeOptions options) override {
    return bus_->subscribe_fanout(topic, pointed(std::move(handler)), std::move(options));
  }

 private:
  // After: all is done, but nobody has been told.
  static MessageHandler pointed(MessageHandler handler) {
    return [handler = std::move(handler)](const Message& message) {
      pass("handle", message.type, "before");
      base::Json answer = handler(message);
      pass("handle", message.type, "after");
      return answer;
    };
  }

  std::unique_ptr<Bus> bus_;
};

class PointedTransport : public http::Transport {
 public:
  explicit PointedTransport(std::unique_ptr<http::Transport> transport)
      : transport_(std::move(transport)) {}

  http::Response send(const std::string& url_base, http::Request request,
                      base::Duration timeout) override {
    // Ids would give each request a name of its own.
    const std::string what =
        fmt::format("{}:{}", url_base.substr(url_base.rfind(':') + 1), request.method);
    pass("request", what, "before");
    http::Response response = transport_->send(url_base, std::move(request), timeout);
    pass("request", what, "after");
    return response;
  }

 private:
  std::unique_ptr<http::Transport> transport_;
};

}  // namespace

std::unique_ptr<Database> with_failure_points(std::unique_ptr<Database> database) {
  return std::make_unique<PointedDatabase>(std::move(database));
}

std::unique_ptr<Bus> with_failure_points(std::unique_ptr<Bus> bus) {
  return std::make_unique<PointedBus>(std::move(bus));
}

std::unique_ptr<http::Transport> with_failure_points(std::unique_ptr<http::Transport> transport) {
  return std::make_unique<PointedTransport>(std::move(transport));
}

}  // namespace platform

#endif
