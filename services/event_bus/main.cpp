#include "services/event_bus/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::event_bus::service(), argc, argv);
}
